//! `evalrun schema`.

use super::{Exit, data_out};

pub(super) fn schema() -> anyhow::Result<Exit> {
    let text = serde_json::to_string_pretty(&crate::spec::schema())?;
    data_out(&format!("{text}\n"))?;
    Ok(Exit::Fine)
}
