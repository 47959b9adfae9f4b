package catalog

import (
	"context"
	"errors"
	"time"
)

// memory keeps a value for a while and reads it anew when it is older, once for all who ask at that time. A failure is
// kept as well, but shorter, so that those who waited for it do not each wait for the next one.
type memory[T any] struct {
	age  time.Duration
	read func(context.Context) (T, error)

	turn  chan struct{} // Holds one token; whoever has it owns what follows.
	value T
	err   error
	until time.Time
}

const failureAge = 500 * time.Millisecond

func remember[T any](age time.Duration, read func(context.Context) (T, error)) *memory[T] {
	m := &memory[T]{age: age, read: read, turn: make(chan struct{}, 1)}
	m.turn <- struct{}{}
	return m
}

func (m *memory[T]) get(ctx context.Context) (T, error) {
	select {
	case <-m.turn:
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
	defer func() { m.turn <- struct{}{} }()
	if time.Now().Before(m.until) {
		return m.value, m.err
	}
	v, err := m.read(ctx)
	if errors.Is(err, context.Canceled) {
		return v, err // Says something about who asked, not about what was asked.
	}
	m.value, m.err = v, err
	m.until = time.Now().Add(m.age)
	if err != nil {
		m.until = time.Now().Add(min(m.age, failureAge))
	}
	return v, err
}

// forget makes the next get read.
func (m *memory[T]) forget() {
	<-m.turn
	m.until = time.Time{}
	m.turn <- struct{}{}
}
