//! From an [`Evaluation`](crate::evaluate::Evaluation) to something people read.
//!
//! Three outputs say the same thing: a table for the terminal ([`console::table`]), one HTML file that works without
//! network and without script ([`html`]), and a short Markdown summary ([`markdown_summary`]). What they say is made
//! once in `view`; programs get the same as [`json`], [`jsonl`], [`csv`] and [`junit`], services that draw trends as
//! [`bencher`] and [`action_benchmark`], and GitHub as [`annotations`]. Charts are drawn in `chart`. Equal evaluations give
//! equal bytes.

mod action_benchmark;
mod annotations;
mod bencher;
mod benchmarks;
mod chart;
pub mod console;
mod csv;
mod diff;
#[cfg(test)]
pub(crate) mod fixture;
mod html;
mod json;
mod jsonl;
mod junit;
mod markdown;
mod micro;
mod view;

pub use action_benchmark::action_benchmark;
pub use annotations::{Annotation, annotations};
pub use bencher::bencher;
pub use benchmarks::Better;
pub use csv::csv;
pub use diff::diff;
pub use html::{Beside, html, html_beside};
pub use json::json;
pub use jsonl::jsonl;
pub use junit::junit;
pub use markdown::markdown_summary;
pub use micro::Micro;
pub use view::trend::{Trend, measured, trend};
