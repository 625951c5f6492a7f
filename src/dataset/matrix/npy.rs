//! The head of a NumPy array (`numpy.save`): a magic text, a version, the length of a Python dictionary, and the
//! dictionary with type, order and shape.

use std::io::{Cursor, Read};

use npyz::{DType, Endianness, NpyHeader, Order, TypeChar, TypeStr};

use super::element::{Element, Number};
use super::head::{self, Head, HeadError};

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// NumPy writes 128 bytes for a plain array. Dictionaries of any size and depth would make work for the parser that
/// no matrix needs.
const LONGEST: u32 = 4096;
const DEEPEST: usize = 8;

const RESAVE: &str = "save it with `numpy.save(path, numpy.ascontiguousarray(a, dtype='float32'))`";

/// Reads the head of an array that has `length` bytes in all.
pub(super) fn head(file: &mut dyn Read, length: u64) -> Result<Head, HeadError> {
    let stored = stored(file, length)?;
    let start = stored.len() as u64;
    let header =
        NpyHeader::from_reader(Cursor::new(stored)).map_err(|e| format!("the header cannot be read: {e}"))?;
    let element = element(&header.dtype())?;
    let [rows, dim] = header.shape() else {
        let shape: Vec<String> = header.shape().iter().map(u64::to_string).collect();
        return Err(format!(
            "an array of shape ({}); two dimensions are wanted: rows, and values of a row",
            shape.join(", ")
        )
        .into());
    };
    if header.order() == Order::Fortran {
        return Err(format!("the array is stored column by column; {RESAVE}").into());
    }
    let head = head::checked(start, *rows, *dim, element)?;
    head::fits(&head, length)?;
    Ok(head)
}

/// The bytes up to the first value, when they may be parsed.
fn stored(file: &mut dyn Read, length: u64) -> Result<Vec<u8>, HeadError> {
    let mut stored = head::first_bytes::<10>(file, length)?.to_vec();
    if !stored.starts_with(MAGIC) {
        return Err("no NumPy array: it does not begin with `\\x93NUMPY`"
            .to_owned()
            .into());
    }
    let mut dictionary = u32::from(u16::from_le_bytes([stored[8], stored[9]]));
    // From version 2 on the length has four bytes.
    if stored[6] > 1 {
        let more: [u8; 2] = head::first_bytes(file, length - 10)?;
        dictionary += u32::from(u16::from_le_bytes(more)) << 16;
        stored.extend(more);
    }
    if dictionary > LONGEST {
        return Err(format!("a header of {dictionary} bytes is not that of a plain array; {RESAVE}").into());
    }
    let have = length - stored.len() as u64;
    if u64::from(dictionary) > have {
        return Err(
            format!("the file ends in its header, after {have} of {dictionary} bytes; get it again").into(),
        );
    }
    let before = stored.len();
    stored.resize(before + dictionary as usize, 0);
    file.read_exact(&mut stored[before..]).map_err(HeadError::Io)?;
    let opened = stored[before..].iter().filter(|b| b"([{".contains(b)).count();
    if opened > DEEPEST {
        return Err(format!("the array holds records; {RESAVE}").into());
    }
    Ok(stored)
}

fn element(dtype: &DType) -> Result<Element, String> {
    let plain = match dtype {
        DType::Plain(plain) => plain,
        _ => return Err(format!("the array holds records; {RESAVE}")),
    };
    let number = number(plain).ok_or_else(|| {
        let what = match plain.type_char() {
            TypeChar::Object => "Python objects",
            TypeChar::ByteStr | TypeChar::UnicodeStr => "texts",
            TypeChar::Bool => "truth values",
            TypeChar::Complex => "complex numbers",
            TypeChar::DateTime | TypeChar::TimeDelta => "times",
            _ => "no numbers that are read here",
        };
        format!("the array holds {what} (`{plain}`); {RESAVE}")
    })?;
    Ok(Element {
        number,
        big_endian: plain.endianness() == Endianness::Big,
    })
}

fn number(plain: &TypeStr) -> Option<Number> {
    let number = match (plain.type_char(), plain.size_field()) {
        (TypeChar::Float, 2) => Number::F16,
        (TypeChar::Float, 4) => Number::F32,
        (TypeChar::Float, 8) => Number::F64,
        (TypeChar::Int, 1) => Number::I8,
        (TypeChar::Int, 2) => Number::I16,
        (TypeChar::Int, 4) => Number::I32,
        (TypeChar::Int, 8) => Number::I64,
        (TypeChar::Uint, 1) => Number::U8,
        (TypeChar::Uint, 2) => Number::U16,
        (TypeChar::Uint, 4) => Number::U32,
        (TypeChar::Uint, 8) => Number::U64,
        _ => return None,
    };
    Some(number)
}
