//! `evalrun completions` and `evalrun man`: the command line for shells and for `man`, from its one definition.

use clap::CommandFactory;

use super::args::Cli;
use super::{Exit, data_out};

pub(super) fn completions(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "evalrun", &mut out);
    data_out(&String::from_utf8(out)?)?;
    Ok(Exit::Fine)
}

pub(super) fn manual() -> anyhow::Result<Exit> {
    let mut out = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut out)?;
    data_out(&String::from_utf8(out)?)?;
    Ok(Exit::Fine)
}
