//! What quantization does to scores, imitated for every kind: that scores get coarser, and that rescoring and
//! oversampling mend it. The numbers are not Qdrant's.

use qdrant_client::qdrant::binary_quantization_query_encoding::{Setting, Variant};
use qdrant_client::qdrant::quantization_config::Quantization;
use qdrant_client::qdrant::{
    BinaryQuantizationEncoding, CompressionRatio, QuantizationConfig, TurboQuantBitSize,
};

use super::score::Vector;

/// How a vector is made coarse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Codes {
    point: Coarse,
    query: Coarse,
    /// Hits are scored again unless the query says otherwise.
    pub(super) rescores: bool,
    /// Bits that a number of a point takes.
    bits: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Coarse {
    /// Its sign is left of a number.
    Sign,
    /// Its sign, or 0 where it is small.
    SignOrZero,
    /// The nearest of so many steps to either side.
    Steps(f32),
    /// So many numbers are replaced by their mean, and that by the nearest of 127 steps to either side.
    Chunks(usize),
}

impl Codes {
    pub(super) fn of(config: &QuantizationConfig) -> Option<Self> {
        let fine = Coarse::Steps(127.0);
        Some(match config.quantization.as_ref()? {
            Quantization::Scalar(_) => Self {
                point: fine,
                query: fine,
                rescores: false,
                bits: 8.0,
            },
            Quantization::Product(product) => {
                let ratio = match product.compression() {
                    CompressionRatio::X4 => 4,
                    CompressionRatio::X8 => 8,
                    CompressionRatio::X16 => 16,
                    CompressionRatio::X32 => 32,
                    CompressionRatio::X64 => 64,
                };
                let point = Coarse::Chunks(ratio / 4);
                Self {
                    point,
                    query: fine,
                    rescores: false,
                    bits: 32.0 / ratio as f64,
                }
            }
            Quantization::Binary(binary) => {
                let (point, bits) = match binary.encoding() {
                    BinaryQuantizationEncoding::OneBit => (Coarse::Sign, 1.0),
                    BinaryQuantizationEncoding::TwoBits => (Coarse::SignOrZero, 2.0),
                    BinaryQuantizationEncoding::OneAndHalfBits => (Coarse::SignOrZero, 1.5),
                };
                let Variant::Setting(setting) = binary
                    .query_encoding
                    .and_then(|q| q.variant)
                    .unwrap_or(Variant::Setting(0));
                let query = match Setting::try_from(setting) {
                    Ok(Setting::Scalar4Bits) => Coarse::Steps(7.0),
                    Ok(Setting::Scalar8Bits) => fine,
                    _ => point,
                };
                Self {
                    point,
                    query,
                    rescores: true,
                    bits,
                }
            }
            Quantization::Turboquant(turbo) => {
                let (steps, bits) = match turbo.bits() {
                    TurboQuantBitSize::Bits1 => (Coarse::Sign, 1.0),
                    TurboQuantBitSize::Bits15 => (Coarse::SignOrZero, 1.5),
                    TurboQuantBitSize::Bits2 => (Coarse::SignOrZero, 2.0),
                    TurboQuantBitSize::Bits4 => (Coarse::Steps(7.0), 4.0),
                    TurboQuantBitSize::Bits8 => (fine, 8.0),
                };
                Self {
                    point: steps,
                    query: fine,
                    rescores: bits < 4.0,
                    bits,
                }
            }
        })
    }

    pub(super) fn point(self, vector: &Vector) -> Vector {
        vector.map(|row| self.point.of(row))
    }

    pub(super) fn query(self, vector: &Vector) -> Vector {
        vector.map(|row| self.query.of(row))
    }

    /// Bytes of the code of a vector of `numbers` numbers.
    pub(super) fn bytes(self, numbers: usize) -> usize {
        (numbers as f64 * self.bits / 8.0).ceil() as usize
    }
}

impl Coarse {
    fn of(self, row: &[f32]) -> Vec<f32> {
        match self {
            Coarse::Sign => row.iter().map(|x| if *x > 0.0 { 1.0 } else { -1.0 }).collect(),
            Coarse::SignOrZero => {
                let square = row.iter().map(|x| x * x).sum::<f32>() / row.len() as f32;
                let small = square.sqrt() / 2.0;
                row.iter()
                    .map(|x| if x.abs() > small { x.signum() } else { 0.0 })
                    .collect()
            }
            Coarse::Steps(steps) => rounded(row, steps),
            Coarse::Chunks(size) => {
                let mean = |chunk: &[f32]| vec![chunk.iter().sum::<f32>() / chunk.len() as f32; chunk.len()];
                rounded(&row.chunks(size.max(1)).flat_map(mean).collect::<Vec<_>>(), 127.0)
            }
        }
    }
}

fn rounded(row: &[f32], steps: f32) -> Vec<f32> {
    let most = row.iter().fold(0.0f32, |most, x| most.max(x.abs()));
    let step = if most > 0.0 { most / steps } else { 1.0 };
    row.iter().map(|x| (x / step).round() * step).collect()
}
