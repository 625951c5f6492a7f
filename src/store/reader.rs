//! Reads a bundle.
