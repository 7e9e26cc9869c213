package persistence

// AdoptInterval is for tests.
const AdoptInterval = adoptInterval
