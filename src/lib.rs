//! evalrun: a benchmark and evaluation harness for production vector search.
//!
//! Data flows one way; the modules below stand in that order:
//!
//! ```text
//! experiments/*.yaml ─parse→ Spec ─resolve→ Plan of Cells ─prepare→ vectors, exact neighbours (cache)
//!    ─run→ bundle (runs, traces, latencies) ─evaluate→ measures, statistics, gates ─render→ console, HTML
//! ```
//!
//! Nothing after the bundle touches a backend; nothing before it knows a measure. `docs/architecture.md` says which
//! module may know which.

// Base types everybody may use.
pub mod content;
pub mod filter;
pub mod hit;
pub mod progress;
pub mod run;
pub mod vectors;

// What is asked.
pub mod plan;
pub mod spec;

// Search.
pub mod backend;
pub mod index;
pub mod pipeline;

// Data and models.
pub mod dataset;
pub mod fetch;
pub mod models;

// Preparation and running.
pub mod prepare;
pub mod runner;

// Storage and numbers.
pub mod evaluate;
pub mod measure;
pub mod stats;
pub mod store;
pub mod tune;

mod digits;
mod suggest;

// What people read.
pub mod report;

// The program.
pub mod cmd;
