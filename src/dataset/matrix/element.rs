//! Numbers as files store them.

/// A kind of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    F16,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
}

/// A number and the order of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) number: Number,
    /// True when the most significant byte comes first.
    pub(super) big_endian: bool,
}

impl Number {
    /// Bytes of one.
    pub(super) fn size(self) -> usize {
        match self {
            Number::I8 | Number::U8 => 1,
            Number::F16 | Number::I16 | Number::U16 => 2,
            Number::F32 | Number::I32 | Number::U32 => 4,
            Number::F64 | Number::I64 | Number::U64 => 8,
        }
    }

    /// True when it has no fraction.
    pub(super) fn is_whole(self) -> bool {
        !matches!(self, Number::F16 | Number::F32 | Number::F64)
    }

    /// The order of bytes that all formats but NumPy's have.
    pub(super) fn little_endian(self) -> Element {
        Element {
            number: self,
            big_endian: false,
        }
    }
}

impl Element {
    /// Turns stored numbers into the nearest float32, as many as `into` is long.
    pub(super) fn read(self, bytes: &[u8], into: &mut [f32]) {
        match self.number {
            Number::F16 => self.each(bytes, into, |b| half(u16::from_le_bytes(b))),
            Number::F32 => self.each(bytes, into, f32::from_le_bytes),
            Number::F64 => self.each(bytes, into, |b| f64::from_le_bytes(b) as f32),
            Number::I8 => self.each(bytes, into, |b| f32::from(i8::from_le_bytes(b))),
            Number::U8 => self.each(bytes, into, |b| f32::from(u8::from_le_bytes(b))),
            Number::I16 => self.each(bytes, into, |b| f32::from(i16::from_le_bytes(b))),
            Number::U16 => self.each(bytes, into, |b| f32::from(u16::from_le_bytes(b))),
            Number::I32 => self.each(bytes, into, |b| i32::from_le_bytes(b) as f32),
            Number::U32 => self.each(bytes, into, |b| u32::from_le_bytes(b) as f32),
            Number::I64 => self.each(bytes, into, |b| i64::from_le_bytes(b) as f32),
            Number::U64 => self.each(bytes, into, |b| u64::from_le_bytes(b) as f32),
        }
    }

    /// The stored whole numbers; one beyond `i64` becomes `i64::MAX`, which is no row of anything. Fractions do not
    /// get here: `Matrix::open` refuses them.
    pub(super) fn whole(self, bytes: &[u8]) -> impl Iterator<Item = i64> {
        let size = self.number.size();
        bytes.chunks_exact(size).map(move |stored| {
            // As the low bytes of a wide number, so that one conversion serves all sizes.
            let mut wide = [0; 8];
            for (i, byte) in stored.iter().enumerate() {
                wide[if self.big_endian { size - 1 - i } else { i }] = *byte;
            }
            let number = u64::from_le_bytes(wide);
            let unused = 64 - 8 * size as u32;
            match self.number {
                Number::U8 | Number::U16 | Number::U32 | Number::U64 => {
                    i64::try_from(number).unwrap_or(i64::MAX)
                }
                _ => ((number << unused) as i64) >> unused,
            }
        })
    }

    fn each<const N: usize>(self, bytes: &[u8], into: &mut [f32], convert: impl Fn([u8; N]) -> f32) {
        let (stored, _) = bytes.as_chunks::<N>();
        for (value, stored) in into.iter_mut().zip(stored) {
            let mut stored = *stored;
            if self.big_endian {
                stored.reverse();
            }
            *value = convert(stored);
        }
    }
}

/// A float16 of IEEE 754: a sign, five bits of exponent, ten of fraction. Every one is exact in float32.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10) & 31, f32::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    };
    sign * size
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(number: Number, big_endian: bool, bytes: &[u8]) -> Vec<f32> {
        let element = Element { number, big_endian };
        let mut values = vec![0.0; bytes.len() / number.size()];
        element.read(bytes, &mut values);
        values
    }

    #[test]
    fn both_orders_of_bytes_give_the_same_values() {
        let values = [1.5f32, -2.0, 1e-45, 3.4e38];
        let little: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        let big: Vec<u8> = values.iter().flat_map(|x| x.to_be_bytes()).collect();
        assert_eq!(read(Number::F32, false, &little), values);
        assert_eq!(read(Number::F32, true, &big), values);
        assert_eq!(read(Number::I16, false, &[0xff, 0xff, 1, 0]), [-1.0, 1.0]);
        assert_eq!(read(Number::I16, true, &[0xff, 0xff, 0, 1]), [-1.0, 1.0]);
        assert_eq!(read(Number::U8, false, &[0, 255]), [0.0, 255.0]);
        assert_eq!(read(Number::F64, false, &0.1f64.to_le_bytes()), [0.1f32]);
    }

    #[test]
    fn halves_are_those_of_ieee_754() {
        // Largest subnormal, smallest normal, 1, largest, the nearest to 1/3, −2, −0.
        let bits = [0x03ff, 0x0400, 0x3c00, 0x7bff, 0x3555, 0xc000, 0x8000];
        let expected = [
            6.097_555e-5,
            6.103_515_6e-5,
            1.0,
            65504.0,
            0.333_251_95,
            -2.0,
            -0.0,
        ];
        assert_eq!(bits.map(|b| half(b).to_bits()), expected.map(f32::to_bits));
        assert_eq!(half(0xfc00).to_string(), "-inf");
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn whole_numbers_keep_their_sign_and_size() {
        let whole = |number, big_endian, bytes: &[u8]| -> Vec<i64> {
            Element { number, big_endian }.whole(bytes).collect()
        };
        assert_eq!(whole(Number::I32, false, &(-1i32).to_le_bytes()), [-1]);
        assert_eq!(whole(Number::I32, true, &(-70_000i32).to_be_bytes()), [-70_000]);
        assert_eq!(
            whole(Number::U32, false, &u32::MAX.to_le_bytes()),
            [4_294_967_295]
        );
        assert_eq!(whole(Number::I64, false, &i64::MIN.to_le_bytes()), [i64::MIN]);
        assert_eq!(whole(Number::U64, false, &u64::MAX.to_le_bytes()), [i64::MAX]);
        assert_eq!(whole(Number::I8, false, &[0x80, 0x7f]), [-128, 127]);
    }
}
