//! The `evalrun` program: parse, dispatch, print what went wrong, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    evalrun::cmd::main(std::env::args_os())
}
