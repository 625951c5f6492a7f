//! Rows of equal length in one piece of memory, made for random access.
//!
//! The memory is a mapping of its own: it starts at a page, so that rows of a whole number of cache lines never share
//! one, and large ones ask for huge pages, because a walk touches rows all over the place and with small pages every
//! step would first have to look up where its page lies.

use std::marker::PhantomData;

use bytemuck::Pod;
use memmap2::MmapMut;

use crate::index::IndexError;
use crate::vectors::Vectors;

/// `len()` rows of `width()` values of `T`, one after the other.
pub struct Rows<T> {
    memory: MmapMut,
    width: usize,
    len: usize,
    values: PhantomData<T>,
}

impl<T: Pod> Rows<T> {
    /// Rows of zeros.
    ///
    /// # Errors
    /// [`IndexError::Memory`] when the system has no memory for them.
    pub fn zeroed(width: usize, len: usize) -> Result<Self, IndexError> {
        let bytes = width.checked_mul(len).and_then(|n| n.checked_mul(size_of::<T>()));
        let bytes = bytes.ok_or(IndexError::Memory { bytes: usize::MAX })?;
        // A mapping of nothing is an error on some systems.
        let memory = MmapMut::map_anon(bytes.max(1)).map_err(|_| IndexError::Memory { bytes })?;
        // Without huge pages everything is slower and nothing is wrong, so a refusal is no error.
        #[cfg(target_os = "linux")]
        let _ = memory.advise(memmap2::Advice::HugePage);
        Ok(Self {
            memory,
            width,
            len,
            values: PhantomData,
        })
    }

    /// Values per row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The values of all rows.
    pub fn flat(&self) -> &[T] {
        bytemuck::cast_slice(&self.memory[..self.bytes()])
    }

    /// The values of all rows, to be written.
    pub fn flat_mut(&mut self) -> &mut [T] {
        let bytes = self.bytes();
        bytemuck::cast_slice_mut(&mut self.memory[..bytes])
    }

    /// Row `i`.
    pub fn row(&self, i: usize) -> &[T] {
        &self.flat()[i * self.width..][..self.width]
    }

    /// All rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[T]> {
        // A width of 0 is no chunk size; such rows have no values to give out.
        self.flat().chunks_exact(self.width.max(1))
    }

    /// Bytes of the values.
    pub fn bytes(&self) -> usize {
        self.width * self.len * size_of::<T>()
    }
}

impl Rows<f32> {
    /// A copy of `vectors`.
    ///
    /// # Errors
    /// As [`Self::zeroed`].
    pub fn of(vectors: &Vectors) -> Result<Self, IndexError> {
        let mut rows = Self::zeroed(vectors.dim(), vectors.len())?;
        rows.flat_mut().copy_from_slice(vectors.as_flat());
        Ok(rows)
    }
}

impl<T: Pod> std::fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rows({} × {})", self.len, self.width)
    }
}
