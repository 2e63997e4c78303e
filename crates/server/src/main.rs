//! The one shipped binary. What it can do is in [`server::cli`].

mod allocator;

use std::process::ExitCode;

fn main() -> ExitCode {
    server::cli::main()
}
