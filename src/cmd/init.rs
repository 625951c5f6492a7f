//! `evalrun init`: a first experiment that runs as it is.

use std::io::{ErrorKind, Write};

use anyhow::Context;

use super::args::{InitArgs, TemplateArg};
use super::progress::Talk;
use super::{Exit, data_out};

pub(super) fn init(args: &InitArgs, talk: &Talk) -> anyhow::Result<Exit> {
    let path = &args.file;
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path);
    let mut file = match file {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            talk.error(&format!(
                "`{0}` is there already; name another file: evalrun init NAME.yaml",
                path.display()
            ));
            return Ok(Exit::Usage);
        }
        file => file.with_context(|| format!("creating `{}`", path.display()))?,
    };
    file.write_all(text(args.template).as_bytes())
        .with_context(|| format!("writing `{}`", path.display()))?;
    let name = path.display();
    data_out(&format!(
        "Wrote {name}. Next:\n  evalrun plan {name}    what would run\n  evalrun {name}         run it\n"
    ))?;
    Ok(Exit::Fine)
}

fn text(template: TemplateArg) -> &'static str {
    match template {
        TemplateArg::Minimal => include_str!("init/minimal.yaml"),
        TemplateArg::Sweep => include_str!("init/sweep.yaml"),
        TemplateArg::Ci => include_str!("init/ci.yaml"),
    }
}
