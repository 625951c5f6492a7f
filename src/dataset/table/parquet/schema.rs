//! The columns of a Parquet file as a mapping names them, and which of them become cells.

use indexmap::IndexMap;
use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::schema::types::{SchemaDescriptor, Type};

use crate::dataset::table::fault::TableFault;

/// A column that can be read: one leaf of the schema.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    /// As a mapping names it: the path of names from the top, with dots, without what lies inside of a list.
    pub(super) name: String,
    /// Its number among all leaves.
    pub(super) index: usize,
    /// What its values are.
    pub(super) kind: Kind,
    /// The definition level of a value that is there; below it, the value or something above it is null.
    pub(super) full: i16,
    /// For lists, the definition level from which on there is an element.
    pub(super) list: Option<i16>,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Float,
    Double,
    Text,
}

/// A column, or why it cannot be one.
pub(super) type Found = Result<Leaf, TableFault>;

/// All columns, in the order of the file.
pub(super) fn columns(schema: &SchemaDescriptor) -> IndexMap<String, Found> {
    let mut walk = Walk {
        leaves: 0,
        found: IndexMap::new(),
    };
    for field in schema.root_schema().get_fields() {
        walk.visit(field, At::default());
    }
    walk.found
}

/// Where in the schema the walk is.
#[derive(Debug, Clone, Default)]
struct At {
    name: String,
    /// Optional and repeated nodes from the top.
    level: i16,
    list: Option<i16>,
    /// Nodes below the one that is the list.
    inside: Option<usize>,
    /// Why nothing below can be read.
    refused: Option<&'static str>,
}

struct Walk {
    leaves: usize,
    found: IndexMap<String, Found>,
}

impl Walk {
    fn visit(&mut self, node: &Type, above: At) {
        let info = node.get_basic_info();
        let mut at = above;
        match &mut at.inside {
            Some(depth) => *depth += 1,
            None if at.name.is_empty() => at.name = node.name().to_owned(),
            None => at.name = format!("{}.{}", at.name, node.name()),
        }
        match info.has_repetition().then(|| info.repetition()) {
            Some(Repetition::OPTIONAL) => at.level += 1,
            Some(Repetition::REPEATED) => {
                at.level += 1;
                if at.list.is_some() {
                    at.refused = Some("a list of lists");
                }
                at.list = Some(at.level);
                at.inside = at.inside.or(Some(0));
            }
            _ => {}
        }
        if node.is_primitive() {
            self.leaf(node, at);
            return;
        }
        match (info.logical_type_ref(), info.converted_type()) {
            (Some(LogicalType::Map), _) | (_, ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE) => {
                at.refused = Some("a map");
                at.inside = at.inside.or(Some(0));
            }
            (Some(LogicalType::List), _) | (_, ConvertedType::LIST) => at.inside = at.inside.or(Some(0)),
            _ => {}
        }
        for field in node.get_fields() {
            self.visit(field, at.clone());
        }
    }

    fn leaf(&mut self, node: &Type, at: At) {
        let index = self.leaves;
        self.leaves += 1;
        // A list is a group that holds a repeated group that holds the element; anything deeper is a struct.
        let refused = at.refused.or(at
            .inside
            .is_some_and(|depth| depth > 2)
            .then_some("a list of structs"));
        let leaf = match (refused, kind(node)) {
            (None, Ok(kind)) => Ok(Leaf {
                name: at.name.clone(),
                index,
                kind,
                full: at.level,
                list: at.list,
            }),
            (Some(kind), _) => Err(refuse(&at.name, kind.to_owned())),
            (None, Err(kind)) => Err(refuse(&at.name, kind)),
        };
        // A second leaf of the same name: its list holds more than one thing.
        let several = |_: &mut Found| {
            Err(refuse(
                &at.name,
                refused.unwrap_or("a list of structs").to_owned(),
            ))
        };
        let leaf = self.found.get_mut(&at.name).map_or(leaf, several);
        self.found.insert(at.name, leaf);
    }
}

fn refuse(column: &str, kind: String) -> TableFault {
    TableFault::ColumnType {
        column: column.to_owned(),
        kind,
        way_out: "write it as text, whole numbers, float, double, boolean, or a list of one of them",
    }
}

/// What the values of a leaf are, or its type in the words of the format.
fn kind(node: &Type) -> Result<Kind, String> {
    let info = node.get_basic_info();
    let (physical, converted) = (node.get_physical_type(), info.converted_type());
    let logical = info.logical_type_ref();
    let said = || match (logical, converted) {
        (Some(logical), _) => format!("{physical} ({logical:?})"),
        (None, ConvertedType::NONE) => physical.to_string(),
        (None, converted) => format!("{physical} ({converted})"),
    };
    let signed = match (logical, converted) {
        (None, ConvertedType::NONE) => true,
        (Some(LogicalType::Integer(int)), _) => int.is_signed,
        (
            None,
            ConvertedType::INT_8 | ConvertedType::INT_16 | ConvertedType::INT_32 | ConvertedType::INT_64,
        ) => true,
        (
            None,
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64,
        ) => false,
        _ if matches!(physical, Physical::INT32 | Physical::INT64) => return Err(said()),
        _ => true,
    };
    let is_text = match logical {
        Some(logical) => matches!(
            logical,
            LogicalType::String | LogicalType::Enum | LogicalType::Json
        ),
        None => matches!(
            converted,
            ConvertedType::NONE | ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON
        ),
    };
    match physical {
        Physical::BOOLEAN => Ok(Kind::Bool),
        Physical::INT32 if signed => Ok(Kind::Int32),
        Physical::INT32 => Ok(Kind::Uint32),
        Physical::INT64 if signed => Ok(Kind::Int64),
        Physical::INT64 => Ok(Kind::Uint64),
        Physical::FLOAT => Ok(Kind::Float),
        Physical::DOUBLE => Ok(Kind::Double),
        Physical::BYTE_ARRAY if is_text => Ok(Kind::Text),
        _ => Err(said()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::schema::parser::parse_message_type;

    use super::*;

    /// Each column of a schema: its name, and what it is or why it cannot be read.
    fn found(message: &str) -> Vec<String> {
        let schema = SchemaDescriptor::new(Arc::new(parse_message_type(message).unwrap()));
        let print = |(name, found): (String, Found)| match found {
            Ok(Leaf {
                index,
                kind,
                full,
                list,
                ..
            }) => format!("{name}: {index} {kind:?} {full} {list:?}"),
            Err(fault) => fault.to_string().split(';').next().unwrap().to_owned(),
        };
        columns(&schema).into_iter().map(print).collect()
    }

    #[test]
    fn plain_columns_and_those_inside_of_structs_are_named_by_their_path() {
        let message = "message m {
            required int64 id;
            optional binary title (STRING);
            optional group maker { required binary name (UTF8); optional int32 since (INTEGER(32, false)); }
            required boolean stock;
        }";
        assert_eq!(
            found(message),
            [
                "id: 0 Int64 0 None",
                "title: 1 Text 1 None",
                "maker.name: 2 Text 1 None",
                "maker.since: 3 Uint32 2 None",
                "stock: 4 Bool 0 None",
            ]
        );
    }

    #[test]
    fn lists_have_three_levels_or_as_in_old_files_two_or_one() {
        let message = "message m {
            optional group a (LIST) { repeated group list { optional float element; } }
            required group b (LIST) { repeated double array; }
            repeated int32 c;
            optional group d { optional group e (LIST) { repeated group bag { required binary x (STRING); } } }
        }";
        assert_eq!(
            found(message),
            [
                "a: 0 Float 3 Some(2)",
                "b: 1 Double 1 Some(1)",
                "c: 2 Int32 1 Some(1)",
                "d.e: 3 Text 3 Some(3)",
            ]
        );
    }

    #[test]
    fn what_cannot_be_a_cell_is_named_with_its_type() {
        let message = "message m {
            required int32 day (DATE);
            optional int64 at (TIMESTAMP(MILLIS, true));
            required int32 price (DECIMAL(9, 2));
            required int96 old;
            required fixed_len_byte_array(2) half (FLOAT16);
            optional group pairs (MAP) { repeated group kv { required binary key (STRING); optional int32 value; } }
            optional group deep (LIST) { repeated group list { optional group element (LIST) {
                repeated group list { optional float element; } } } }
            optional group parts (LIST) { repeated group list { optional group element { required int32 x; required int32 y; } } }
        }";
        assert_eq!(
            found(message),
            [
                "the column `day` is INT32 (Date)",
                "the column `at` is INT64 (Timestamp(TimestampType { is_adjusted_to_u_t_c: true, unit: MILLIS }))",
                "the column `price` is INT32 (Decimal(DecimalType { scale: 2, precision: 9 }))",
                "the column `old` is INT96",
                "the column `half` is FIXED_LEN_BYTE_ARRAY (Float16)",
                "the column `pairs` is a map",
                "the column `deep` is a list of lists",
                "the column `parts` is a list of structs",
            ]
        );
    }
}
