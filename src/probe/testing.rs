//! What the tests of this room share: plans, observations, and servers of our own on loopback.
