//! `evalrun fetch`.

use std::path::Path;
#[cfg(feature = "fetch")]
use std::path::PathBuf;

use super::args::FetchArgs;
use super::progress::Talk;
use super::{Exit, cards, data_out, offline};
use crate::fetch::{self, FetchError, Fetched, Unpack, Verified, Wanted, WantedFile};
use crate::plan::cards::{Known, State};
use crate::spec::card::{self, Card};
use crate::suggest::closest;

pub(super) fn fetch(args: &FetchArgs, talk: &Talk) -> anyhow::Result<Exit> {
    let data = args.dir.clone().unwrap_or_else(cards::data_folder);
    let Some(cards) = cards::load(&data, talk) else {
        return Ok(Exit::BadInput);
    };
    let mut known = Vec::new();
    for name in &args.names {
        match cards.0.get(name) {
            Some(card) => known.push(card),
            None => {
                let near = closest(name, cards.0.keys().map(String::as_str));
                let hint = near.map_or_else(
                    || "`evalrun ls data` lists those that have one".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                talk.error(&format!("no data set `{name}` has a card; {hint}"));
            }
        }
    }
    if known.len() < args.names.len() {
        return Ok(Exit::Usage);
    }
    let client = client(args.offline || offline::is_set(), talk)?;
    let mut exit = Exit::Fine;
    for known in known {
        exit = exit.max(one(known, &data, args.dir.is_some(), client.as_ref(), talk)?);
    }
    Ok(exit)
}

/// The network, if it is to be used and this build has it.
#[cfg(feature = "fetch")]
fn client(offline: bool, _: &Talk) -> anyhow::Result<Option<fetch::http::Client>> {
    let settings = fetch::http::Settings {
        certificates: std::env::var_os("SSL_CERT_FILE").map(PathBuf::from),
        ..fetch::http::Settings::default()
    };
    let client = (!offline).then(|| fetch::http::Client::new(&settings));
    client.transpose().map_err(anyhow::Error::msg)
}

#[cfg(not(feature = "fetch"))]
fn client(offline: bool, talk: &Talk) -> anyhow::Result<Option<fetch::http::Client>> {
    if !offline {
        talk.say("this evalrun was built without the feature `fetch`: nothing is downloaded");
    }
    Ok(None)
}

fn one(
    known: &Known,
    data: &Path,
    moved: bool,
    client: Option<&fetch::http::Client>,
    talk: &Talk,
) -> anyhow::Result<Exit> {
    let name = &known.card.name.value;
    match known.state {
        State::BuiltIn => {
            data_out(&format!(
                "{name}: comes with the program, in {}\n\n  data: {name}\n",
                known.folder.display()
            ))?;
            return Ok(Exit::Fine);
        }
        State::Elsewhere => {
            talk.error(&format!(
                "{name}: comes with the program's source and cannot be fetched; it is not in {}",
                known.folder.display()
            ));
            return Ok(Exit::BadInput);
        }
        State::Fetched | State::NotFetched => {}
    }
    let result = fetch::fetch(&wanted(&known.card), data, client, talk);
    match result {
        Ok(fetched) => {
            let folder = moved.then_some(data);
            data_out(&summary(&known.card, &fetched, folder))?;
            Ok(Exit::Fine)
        }
        Err(error) => {
            talk.error(&error.to_string());
            Ok(match error {
                FetchError::Wrong { .. }
                | FetchError::Unpack { .. }
                | FetchError::NotOurs(_)
                | FetchError::Missing { .. } => Exit::BadInput,
                FetchError::Io { .. } | FetchError::Busy(_) | FetchError::Download { .. } => Exit::Internal,
            })
        }
    }
}

fn wanted(card: &Card) -> Wanted {
    let files = card.files.iter().map(|file| WantedFile {
        url: file.url.value.clone(),
        name: file.name().to_owned(),
        bytes: file.bytes.as_ref().map(|b| b.value),
        about: file.about.as_ref().map(|b| b.value),
        sha256: file.sha256.as_ref().map(|h| h.value.clone()),
        md5: file.md5.as_ref().map(|h| h.value.clone()),
        unpack: match file.unpack {
            card::Unpack::None => Unpack::Keep,
            card::Unpack::Zip => Unpack::Zip,
            card::Unpack::Tar => Unpack::Tar,
            card::Unpack::Gz => Unpack::Gz,
        },
    });
    Wanted {
        name: card.name.value.clone(),
        files: files.collect(),
    }
}

/// What was got, where it lies, what the card does not vouch for, and the line for a spec.
fn summary(card: &Card, fetched: &Fetched, moved: Option<&Path>) -> String {
    let name = &card.name.value;
    let receipt = &fetched.receipt;
    let mut text = String::new();
    for file in &receipt.files {
        let how = match file.verified {
            Verified::Sha256 => format!("sha256 {} as on the card", file.sha256),
            Verified::Md5 => format!("md5 {} as on the card\n    sha256 {}", file.md5, file.sha256),
            Verified::No => format!(
                "NOT VERIFIED: the card has no hash. If you trust this file, put into the card:\n    \
                 bytes: {}\n    sha256: {}",
                file.bytes, file.sha256
            ),
        };
        text += &format!("  {}, {} bytes\n    {how}\n", file.name, file.bytes);
    }
    let state = match fetched.was_there {
        true => "already there, unchanged",
        false => "fetched",
    };
    let bytes: u64 = receipt.contents.iter().map(|c| c.bytes).sum();
    text = format!("{name}: {state}\n{text}");
    text += &format!(
        "  {} files, {bytes} bytes, in {}\n",
        receipt.contents.len(),
        fetched.folder.display()
    );
    text += &format!("  licence: {}\n", card.licence);
    for (topic, why) in card.unverified.each() {
        if let Some(why) = why {
            text += &format!("  unverified on the card: {topic} ({why})\n");
        }
    }
    text += &format!("\n  data: {name}\n");
    if let Some(folder) = moved {
        text += &format!(
            "\nThat name is found when EVALRUN_DATA is set to {}\n",
            folder.display()
        );
    }
    text
}
