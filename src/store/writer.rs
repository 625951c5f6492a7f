//! Writes a bundle.
