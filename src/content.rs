//! Content addresses: the same content has the same name, on any machine.

use base64::Engine;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// SHA-256 of `bytes`, lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of `bytes`, in base64 with padding: as a content policy names a text.
pub fn sha256_base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(Sha256::digest(bytes))
}

/// SHA-256 of a value's JSON form. The value must serialise the same way every time: no hash maps.
pub fn hash_json<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_vec(value).expect("plain data serialises to JSON");
    sha256(&json)
}

/// Lower-case hex of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS[usize::from(n)]);
    bytes
        .iter()
        .flat_map(|b| [digit(b >> 4), digit(b & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_text_has_the_published_digest() {
        assert_eq!(
            sha256(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(sha256_base64(b""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn equal_values_have_equal_addresses() {
        assert_eq!(hash_json(&("a", 1)), hash_json(&("a", 1)));
        assert_ne!(hash_json(&("a", 1)), hash_json(&("a", 2)));
    }
}
