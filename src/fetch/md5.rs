//! MD5 (Rivest 1992, RFC 1321): some publishers give nothing better. It tells a damaged file from a whole one and protects
//! from nothing else.

/// The integer part of 2³² · |sin(i + 1)|, RFC 1321 section 3.4.
#[rustfmt::skip]
const TABLE: [u32; 64] = [
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
];

/// Rotations, by round and step modulo 4.
const TURNS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// A running hash.
#[derive(Debug, Clone)]
pub(super) struct Md5 {
    state: [u32; 4],
    /// Bytes of a block that is not full yet.
    pending: Vec<u8>,
    length: u64,
}

impl Default for Md5 {
    fn default() -> Self {
        Self {
            state: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476],
            pending: Vec::with_capacity(64),
            length: 0,
        }
    }
}

impl Md5 {
    /// Adds bytes.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if !self.pending.is_empty() {
            let fill = bytes.len().min(64 - self.pending.len());
            let (head, rest) = bytes.split_at(fill);
            self.pending.extend_from_slice(head);
            bytes = rest;
            if self.pending.len() < 64 {
                return;
            }
            let full = std::mem::take(&mut self.pending);
            self.block(&full);
        }
        let mut blocks = bytes.chunks_exact(64);
        for block in &mut blocks {
            self.block(block);
        }
        self.pending.extend_from_slice(blocks.remainder());
    }

    /// The 16 bytes of the hash.
    pub(super) fn finish(mut self) -> [u8; 16] {
        let bits = self.length.wrapping_mul(8);
        self.update(&[0x80]);
        while self.pending.len() != 56 {
            self.update(&[0]);
        }
        self.update(&bits.to_le_bytes());
        let mut out = [0; 16];
        for (bytes, word) in out.chunks_exact_mut(4).zip(self.state) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        out
    }

    /// One block of 64 bytes.
    fn block(&mut self, bytes: &[u8]) {
        let mut words = [0_u32; 16];
        for (word, four) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes(four.try_into().expect("chunks of four"));
        }
        let [mut a, mut b, mut c, mut d] = self.state;
        for step in 0..64 {
            let (mixed, word) = match step / 16 {
                0 => ((b & c) | (!b & d), step),
                1 => ((d & b) | (!d & c), 5 * step + 1),
                2 => (b ^ c ^ d, 3 * step + 5),
                _ => (c ^ (b | !d), 7 * step),
            };
            let sum = a
                .wrapping_add(mixed)
                .wrapping_add(TABLE[step])
                .wrapping_add(words[word % 16]);
            let turned = b.wrapping_add(sum.rotate_left(TURNS[step / 16][step % 4]));
            (a, b, c, d) = (d, turned, b, c);
        }
        for (state, value) in self.state.iter_mut().zip([a, b, c, d]) {
            *state = state.wrapping_add(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::hex;

    fn md5(pieces: &[&str]) -> String {
        let mut hash = Md5::default();
        for piece in pieces {
            hash.update(piece.as_bytes());
        }
        hex(&hash.finish())
    }

    #[test]
    fn the_hashes_of_the_rfc() {
        assert_eq!(md5(&[]), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(md5(&["abc"]), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(md5(&["message digest"]), "f96b697d7cb7938d525a2f31aaf161d0");
        let digits = "1234567890".repeat(8);
        assert_eq!(md5(&[&digits]), "57edf4a22be3c955ac49da2e2107b67a");
    }

    #[test]
    fn pieces_make_the_same_hash_as_the_whole() {
        let text = "a line of some length\n".repeat(40);
        let whole = md5(&[&text]);
        for cut in [1, 55, 56, 63, 64, 65, 128, 500] {
            assert_eq!(md5(&[&text[..cut], &text[cut..]]), whole, "cut at {cut}");
        }
    }
}
