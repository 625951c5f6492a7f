//! What quantization does to scores, imitated: binary codes of one bit a dimension, and scalar codes of eight.
//!
//! The numbers are not Qdrant's; that they are coarser, and that rescoring and oversampling mend it, is.

use qdrant_client::qdrant::binary_quantization_query_encoding::{Setting, Variant};
use qdrant_client::qdrant::quantization_config::Quantization;
use qdrant_client::qdrant::{BinaryQuantizationEncoding, QuantizationConfig};
use tonic::Status;

use super::score::Vector;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codes {
    /// One bit, its sign. The query is cut as well, unless it is kept finer.
    Binary { finer_query: bool },
    /// Eight bits.
    Scalar,
}

impl Codes {
    /// The codes of a configuration; the kinds that are not imitated are refused.
    pub(super) fn of(config: &QuantizationConfig) -> Result<Option<Self>, Status> {
        match &config.quantization {
            None => Ok(None),
            Some(Quantization::Scalar(_)) => Ok(Some(Codes::Scalar)),
            Some(Quantization::Binary(binary)) => {
                if binary.encoding() != BinaryQuantizationEncoding::OneBit {
                    return Err(unknown("binary codes of more than one bit"));
                }
                let setting = binary.query_encoding.and_then(|q| q.variant);
                let finer_query = setting.is_some_and(|Variant::Setting(s)| {
                    s == Setting::Scalar4Bits as i32 || s == Setting::Scalar8Bits as i32
                });
                Ok(Some(Codes::Binary { finer_query }))
            }
            Some(Quantization::Product(_)) => Err(unknown("product quantization")),
            Some(Quantization::Turboquant(_)) => Err(unknown("turbo quantization")),
        }
    }

    /// True when hits are scored again unless the query says otherwise.
    pub(super) fn rescores(self) -> bool {
        matches!(self, Codes::Binary { .. })
    }

    pub(super) fn point(self, vector: &Vector) -> Vector {
        match self {
            Codes::Binary { .. } => vector.map(signs),
            Codes::Scalar => vector.map(rounded),
        }
    }

    pub(super) fn query(self, vector: &Vector) -> Vector {
        match self {
            Codes::Binary { finer_query: false } => vector.map(signs),
            Codes::Binary { finer_query: true } | Codes::Scalar => vector.map(rounded),
        }
    }

    /// Bytes of the code of a vector of `numbers` numbers.
    pub(super) fn bytes(self, numbers: usize) -> usize {
        match self {
            Codes::Binary { .. } => numbers.div_ceil(8),
            Codes::Scalar => numbers,
        }
    }
}

fn unknown(what: &str) -> Status {
    Status::unimplemented(format!("the test server does not imitate {what}"))
}

fn signs(v: &[f32]) -> Vec<f32> {
    v.iter().map(|&x| if x > 0.0 { 1.0 } else { -1.0 }).collect()
}

fn rounded(v: &[f32]) -> Vec<f32> {
    let most = v.iter().fold(0.0f32, |m, x| m.max(x.abs()));
    let step = if most > 0.0 { most / 127.0 } else { 1.0 };
    v.iter().map(|x| (x / step).round() * step).collect()
}
