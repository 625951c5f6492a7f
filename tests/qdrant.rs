//! The Qdrant backend against a test server, and the test server against the client of Qdrant.
#![cfg(feature = "qdrant")]
#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure report")]
#![expect(
    clippy::print_stdout,
    reason = "a test of faults shows what the user sees of each"
)]

#[path = "qdrant/backend/mod.rs"]
mod backend;
#[path = "qdrant/itself/mod.rs"]
mod itself;
#[path = "qdrant/server/mod.rs"]
mod server;
