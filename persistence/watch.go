package persistence

import "time"

// setAlarm makes the watcher look when the first order will be late. Called with
// mu held. While orders come and go the alarm rings once in a commit timeout
// and is set anew, so an order costs no timer.
func (s *Store) setAlarm() {
	if s.alarmSet || s.watched.first == nil {
		return
	}
	s.alarmSet = true
	s.alarm.Reset(time.Until(s.watched.first.handed.Add(s.config.CommitTimeout)))
}

// watch is the watcher's goroutine: it tells who waits too long, whatever the
// writers are doing meanwhile.
func (s *Store) watch() {
	var late []*order
	for {
		select {
		case <-s.alarm.C:
		case <-s.ctx.Done():
			s.alarm.Stop()
			return
		}
		late = s.takeLate(late[:0])
		if len(late) > 0 {
			s.health.unsaved(len(late))
		}
		for _, o := range late {
			s.config.Observer.Late()
			o.tellLate()
			s.mu.Lock()
			o.telling = false
			answered := o.done
			s.mu.Unlock()
			if answered {
				s.deliver(o, time.Now())
			}
		}
		clear(late)
	}
}

// takeLate appends the orders that are late now to late. They are the watcher's
// until it has told them.
func (s *Store) takeLate(late []*order) []*order {
	s.mu.Lock()
	defer s.mu.Unlock()
	deadline := time.Now().Add(-s.config.CommitTimeout)
	for o := s.watched.first; o != nil && !o.handed.After(deadline); o = s.watched.first {
		s.watched.remove(o)
		o.late, o.telling = true, true
		late = append(late, o)
	}
	s.alarmSet = false
	s.setAlarm()
	return late
}
