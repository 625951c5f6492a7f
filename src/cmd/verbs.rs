//! A verb where a file should be: `evalrun a.yaml plan`.

use std::path::{Path, PathBuf};

use clap::CommandFactory;

use super::args::{Cli, Verb};

/// What to say if one of the files is the name of a verb and there is no such file.
pub(super) fn misplaced(cli: &Cli) -> Option<String> {
    let specs = match &cli.verb {
        None => &cli.run.specs,
        Some(Verb::Run(args)) => &args.specs,
        Some(Verb::Validate(specs) | Verb::Plan(specs)) => specs,
        Some(_) => return None,
    };
    let command = Cli::command();
    let is_verb = |name: &str| command.get_subcommands().any(|verb| verb.get_name() == name);
    let verb = specs.files.iter().find(|file| {
        let name = file.to_str();
        name.is_some_and(is_verb) && !file.exists()
    })?;
    let others: Vec<String> = (specs.files.iter())
        .filter(|file| *file != verb)
        .map(|file| Path::display(file).to_string())
        .collect();
    let verb: &PathBuf = verb;
    let example = match others.as_slice() {
        [] => format!("evalrun {} …", verb.display()),
        files => format!("evalrun {} {}", verb.display(), files.join(" ")),
    };
    Some(format!(
        "there is no file `{}`; verbs come first: `{example}`",
        verb.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn said(args: &[&str]) -> Option<String> {
        let cli = Cli::try_parse_from(args).ok()?;
        misplaced(&cli)
    }

    #[test]
    fn a_verb_behind_a_file_is_noticed() {
        let text = "there is no file `plan`; verbs come first: `evalrun plan a.yaml b.yaml`";
        assert_eq!(
            said(&["evalrun", "a.yaml", "b.yaml", "plan"]).as_deref(),
            Some(text)
        );
        assert_eq!(
            said(&["evalrun", "run", "a.yaml", "b.yaml", "plan"]).as_deref(),
            Some(text)
        );
        assert_eq!(said(&["evalrun", "plan", "a.yaml"]), None);
        // A file of that name is a file.
        assert_eq!(said(&["evalrun", "a.yaml", "src"]), None);
    }
}
