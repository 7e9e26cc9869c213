// Package fifo has the queue that commits, scheduled actors and statuses wait in.
package fifo

// Queue holds values, first in, first out. The zero value is empty. Whoever shares
// it between goroutines locks it.
type Queue[T any] struct {
	values []T // from head on
	head   int
}

// many is from how many values on the place of those that are gone is used again
// while others wait.
const many = 1024

// Len returns how many wait.
func (q *Queue[T]) Len() int { return len(q.values) - q.head }

// Push adds a value at the end.
func (q *Queue[T]) Push(value T) { q.values = append(q.values, value) }

// First returns what Pop will. It panics if nothing waits.
func (q *Queue[T]) First() T { return q.values[q.head] }

// Pop removes the first value. It panics if nothing waits.
func (q *Queue[T]) Pop() T {
	value := q.values[q.head]
	clear(q.values[q.head : q.head+1])
	q.head++
	switch {
	case q.head == len(q.values):
		q.values, q.head = q.values[:0], 0
	case q.head >= many && q.head > len(q.values)/2:
		n := copy(q.values, q.values[q.head:])
		clear(q.values[n:])
		q.values, q.head = q.values[:n], 0
	}
	return value
}
