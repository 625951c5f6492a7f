//! The command that goes on where a run ended.

use std::path::Path;

use super::Experiment;

impl Experiment<'_> {
    /// After a run that was stopped.
    pub(super) fn say_how_to_go_on(&self) {
        self.talk
            .say(&format!("go on with: {}", self.command("--resume")));
        if !self.rest.is_empty() {
            let rest: Vec<String> = self
                .rest
                .iter()
                .map(|p| quoted(&p.display().to_string()))
                .collect();
            self.talk.say(&format!("not begun: {}", rest.join(" ")));
        }
    }

    /// After a run of which some cells have no numbers.
    pub(super) fn say_how_to_retry(&self) {
        self.talk.say(&format!(
            "run again what has no numbers: {}",
            self.command("--retry-failed")
        ));
    }

    fn command(&self, option: &str) -> String {
        let others: Vec<&Path> = (self.before.iter().chain(self.rest))
            .map(|path| path.as_path())
            .filter(|path| *path != self.path)
            .collect();
        command(self.command, &others, option)
    }
}

/// A command line with another way to go on and without some of its files, as a shell takes it.
fn command(before: &[String], without: &[&Path], option: &str) -> String {
    let left_out = |arg: &&String| {
        ["--resume", "--retry-failed"].contains(&arg.as_str()) || without.contains(&Path::new(arg.as_str()))
    };
    let kept = before
        .iter()
        .skip(1)
        .filter(|arg| !left_out(arg))
        .map(|arg| quoted(arg));
    let all: Vec<String> = std::iter::once("evalrun".to_owned())
        .chain(kept)
        .chain([option.to_owned()])
        .collect();
    all.join(" ")
}

/// As one word of a shell.
fn quoted(arg: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    match !arg.is_empty() && arg.chars().all(plain) {
        true => arg.to_owned(),
        false => format!("'{}'", arg.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_command_goes_on_with_one_of_its_files() {
        let line = |args: &[&str]| -> Vec<String> { args.iter().map(|a| (*a).to_owned()).collect() };
        let before = line(&[
            "/bin/evalrun",
            "a.yaml",
            "b.yaml",
            "-f",
            "pipeline=h*",
            "--resume",
        ]);
        assert_eq!(
            command(&before, &[Path::new("a.yaml")], "--resume"),
            "evalrun b.yaml -f 'pipeline=h*' --resume"
        );
        assert_eq!(
            command(&line(&["evalrun", "my spec.yaml"]), &[], "--retry-failed"),
            "evalrun 'my spec.yaml' --retry-failed"
        );
    }
}
