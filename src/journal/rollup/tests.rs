//! Roll-ups written and read back.
