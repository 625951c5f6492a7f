//! Topics: classic ones, whose fields need not be closed, XML, and TSV.

use std::path::Path;

use super::Placed;
use super::documents::ending;
use super::fault::MarkupFault;
use super::markup::{self, Piece, append, attribute, pieces};
use crate::dataset::lines::Lines;
use crate::dataset::problem::{DatasetError, Fault, Problems};
use crate::dataset::source::TopicField;
use crate::dataset::{Query, SourceFile};
use crate::filter::Payload;

/// Reads all topics of a file, and asks the parts of them that `field` says.
pub(super) fn read(
    path: &Path,
    field: TopicField,
    problems: &mut Problems,
) -> Result<(Placed<Query>, SourceFile), DatasetError> {
    let (mut queries, mut places) = (Vec::new(), Vec::new());
    let file = if ending(path) == "tsv" {
        Lines::open(path)?.each(problems, |number, line| {
            queries.push(from_columns(line, field)?);
            places.push(number.into());
            Ok(())
        })
    } else {
        markup::each(
            path,
            &["top", "topic"],
            true,
            problems,
            |place, attributes, content| {
                queries.push(Topic::new(attributes, content)?.ask(field)?);
                places.push(place);
                Ok(())
            },
        )
    }?;
    if queries.is_empty() && problems.shown.is_empty() {
        return Err(DatasetError::file(
            path,
            "no `<top>` and no `<topic>` in it; the other format ends in .tsv",
        ));
    }
    Ok(((queries, places), file))
}

/// Number and text.
fn from_columns(line: &str, field: TopicField) -> Result<Query, Fault> {
    if field != TopicField::Title {
        return Err(MarkupFault::OnlyTitles.into());
    }
    let columns: Vec<&str> = line.split('\t').collect();
    let &[id, title] = columns.as_slice() else {
        let (got, want) = (columns.len(), "2 separated by tabs: number, text");
        return Err(Fault::Columns { want, got });
    };
    let mut topic = Topic {
        id: id.to_owned(),
        ..Topic::default()
    };
    append(&mut topic.title, title);
    topic.checked()?.ask(field)
}

/// The parts of a topic that are read.
#[derive(Debug, Default)]
struct Topic {
    id: String,
    title: String,
    description: String,
}

/// Where in a topic a text stands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Number,
    Title,
    Description,
    Other,
}

impl Part {
    /// By the name of the tag.
    fn of(tag: &str) -> Self {
        match tag {
            "num" | "number" => Part::Number,
            "title" | "query" => Part::Title,
            "desc" | "description" | "question" => Part::Description,
            _ => Part::Other,
        }
    }

    /// What stands before the text of a classic topic and does not belong to it.
    fn label(self) -> &'static [&'static str] {
        match self {
            Part::Number => &["Number:"],
            Part::Title => &["Topic:"],
            Part::Description => &["Description:"],
            Part::Other => &[],
        }
    }
}

/// Tags that mark words inside of a part and do not end it.
const INLINE: [&str; 7] = ["p", "br", "b", "i", "em", "sub", "sup"];

impl Topic {
    /// From the content of `<top>` or `<topic>`. A part ends where it is closed or where the next one begins; a topic
    /// that has text and no parts at all has only a title.
    fn new(attributes: &str, content: &str) -> Result<Self, Fault> {
        let mut parts = [String::new(), String::new(), String::new()];
        let (mut bare, mut part, mut any) = (String::new(), Part::Other, false);
        for piece in pieces(content) {
            match piece {
                Piece::Open(tag, _) | Piece::Close(tag) if INLINE.contains(&tag.as_str()) => {}
                Piece::Open(tag, _) => (part, any) = (Part::of(&tag), true),
                Piece::Close(_) => part = Part::Other,
                Piece::Text(text) if part == Part::Other => append(&mut bare, text),
                Piece::Text(text) => append(&mut parts[part as usize], text),
            }
        }
        for part in [Part::Number, Part::Title, Part::Description] {
            let text = &mut parts[part as usize];
            for label in part.label() {
                let bare = text.strip_prefix(label).map(|rest| rest.trim_start().to_owned());
                *text = bare.unwrap_or_else(|| std::mem::take(text));
            }
        }
        let [number, title, description] = parts;
        let named = ["number", "id", "num"]
            .iter()
            .find_map(|name| attribute(attributes, name));
        let id = if number.is_empty() {
            named.unwrap_or_default().trim().to_owned()
        } else {
            number
        };
        if id.is_empty() {
            return Err(MarkupFault::NoNumber.into());
        }
        let title = if any { title } else { bare };
        Self {
            id,
            title,
            description,
        }
        .checked()
    }

    fn checked(self) -> Result<Self, Fault> {
        if self.id.is_empty() || self.id.contains(char::is_whitespace) {
            return Err(Fault::UnusableId(self.id));
        }
        Ok(self)
    }

    fn ask(self, field: TopicField) -> Result<Query, Fault> {
        let missing = |part| MarkupFault::NoPart {
            topic: self.id.clone(),
            part,
        };
        let title = || {
            (!self.title.is_empty())
                .then_some(self.title.as_str())
                .ok_or(missing("title"))
        };
        let description = || {
            (!self.description.is_empty())
                .then_some(self.description.as_str())
                .ok_or(missing("description"))
        };
        let text = match field {
            TopicField::Title => title()?.to_owned(),
            TopicField::Description => description()?.to_owned(),
            TopicField::TitleDescription => format!("{} {}", title()?, description()?),
        };
        Ok(Query {
            text,
            id: self.id,
            filter: None,
            metadata: Payload::new(),
        })
    }
}
