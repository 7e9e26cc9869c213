package bench

// answer is what a request is answered when all is well.
type answer uint8

const (
	success answer = iota // {"success":true}
	entry                 // the room's state
	nothing               // there is no ack: a connection was cut
	lookup                // {"roomId":…}
)

// request is something that a client asks for, and all that has to come of it. A
// scenario may use one again once it is done.
type request struct {
	// What is asked.
	event, payload string
	answer         answer
	// facts are the broadcasts that it causes, in order. toOthers says that its
	// sender doesn't hear them: for them the ack stands in their place.
	facts    [3]fact
	count    int
	toOthers bool
	// series is where the time to the ack is recorded, nil for nowhere.
	series *Series
	// done is called once the request was answered and checked.
	done func()

	member *member
	id     uint64
	sent   int64  // when, or when it should have been in an open loop; loop time
	seen   [3]int // where in the room's log each broadcast stands, -1 if nowhere yet
	links  [3]expectation
	active bool
}

// expectation is one broadcast that a request is to cause.
type expectation struct {
	request *request
	which   int
	next    *expectation // of the same fact, asked for later
}

// causes sets the broadcasts of a request.
func (r *request) causes(facts ...fact) {
	r.count = copy(r.facts[:], facts)
}

// String names the request in an error.
func (r *request) String() string { return r.event + " " + r.payload }

// finish ends a request that went as it should.
func (q *request) finish() {
	q.active = false
	if q.done != nil {
		q.done()
	}
}
