//! A graph in a file.

use serde::{Deserialize, Serialize};

use super::links::Links;
use super::{Hnsw, Layer};
use crate::index::file::{FileError, IndexReader, IndexWriter};

/// What the sections of a graph are.
#[derive(Debug, Serialize, Deserialize)]
struct Facts {
    entry: u32,
    /// Links of a slot of the lowest layer.
    width: usize,
    /// Of each layer above: its nodes, and links of a slot.
    upper: Vec<(usize, usize)>,
}

impl Hnsw {
    pub(in crate::index::graph) fn save(&self, to: &mut IndexWriter, name: &str) -> Result<(), FileError> {
        let size = |layer: &Layer| (layer.links.len(), layer.links.width());
        let facts = Facts {
            entry: self.entry,
            width: self.base.width(),
            upper: self.upper.iter().map(size).collect(),
        };
        to.json(&format!("{name}/facts"), &facts)?;
        to.section(&format!("{name}/links"), self.base.flat())?;
        for (i, layer) in self.upper.iter().enumerate() {
            to.section(&format!("{name}/{i}/rows"), &layer.rows)?;
            to.section(&format!("{name}/{i}/below"), &layer.below)?;
            to.section(&format!("{name}/{i}/links"), layer.links.flat())?;
        }
        Ok(())
    }

    /// Reads a graph over `rows` rows. Checksums say that it is what was written; what could lead a walk out of bounds is
    /// looked at all the same.
    pub(in crate::index::graph) fn open(
        from: &IndexReader,
        name: &str,
        rows: usize,
    ) -> Result<Self, FileError> {
        let section = format!("{name}/facts");
        let facts: Facts = from.json(&section)?;
        if facts.entry as usize >= rows.max(1) {
            return Err(from.unfit(&section, format!("entry {} of {rows} rows", facts.entry)));
        }
        let base = links(from, &format!("{name}/links"), facts.width, rows)?;
        let mut upper: Vec<Layer> = Vec::with_capacity(facts.upper.len());
        for (i, &(nodes, width)) in facts.upper.iter().enumerate() {
            let lower = upper.last().map_or(rows, |layer| layer.rows.len());
            upper.push(Layer {
                rows: numbers(from, &format!("{name}/{i}/rows"), nodes, rows)?,
                below: numbers(from, &format!("{name}/{i}/below"), nodes, lower)?,
                links: links(from, &format!("{name}/{i}/links"), width, nodes)?,
            });
        }
        Ok(Self {
            base,
            upper,
            entry: facts.entry,
        })
    }
}

fn links(from: &IndexReader, name: &str, width: usize, nodes: usize) -> Result<Links, FileError> {
    let links = Links::stored(from.rows(name, width, nodes)?);
    match links.is_within() {
        true => Ok(links),
        false => Err(from.unfit(name, format!("a link leads beyond {nodes} nodes"))),
    }
}

/// `count` numbers below `end`.
fn numbers(from: &IndexReader, name: &str, count: usize, end: usize) -> Result<Box<[u32]>, FileError> {
    let numbers: Vec<u32> = from.values(name)?;
    let is_sound = numbers.len() == count && count > 0 && numbers.iter().all(|&n| (n as usize) < end);
    match is_sound {
        true => Ok(numbers.into()),
        false => Err(from.unfit(name, format!("{count} numbers below {end} are needed"))),
    }
}
