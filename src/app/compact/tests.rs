//! Compaction, from the app.
