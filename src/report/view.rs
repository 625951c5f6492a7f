//! What a report says, as strings and small facts, before any layout.
//!
//! Pure functions from an [`Evaluation`](crate::evaluate::Evaluation): every number is formatted once, here, and every
//! sentence is made here, so that the console, the page and the summary cannot disagree. Texts from outside are passed
//! on as they are; each output neutralises and escapes them at its own edge (see [`text::visible`]).

pub(crate) mod baseline;
pub(crate) mod board;
pub(crate) mod builds;
pub(crate) mod certainty;
pub(crate) mod changes;
pub(crate) mod effects;
pub(crate) mod filter;
pub(crate) mod findings;
pub(crate) mod gates;
pub(crate) mod judgement;
pub(crate) mod lists;
pub(crate) mod losses;
pub(crate) mod manifest;
pub(crate) mod marks;
pub(crate) mod number;
pub(crate) mod queries;
pub(crate) mod runs;
pub(crate) mod set;
pub(crate) mod settings;
pub(crate) mod slices;
pub(crate) mod stages;
pub(crate) mod targets;
pub(crate) mod techniques;
pub(crate) mod text;
pub(crate) mod ties;
pub(super) mod trend;
pub(crate) mod trust;
pub(crate) mod tuned;
pub(crate) mod verdict;
