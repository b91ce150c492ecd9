//! LSP.

use std::process::ExitCode;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;

use crate::config::Config;
use crate::config::source::UserFile;

/// What the command line tells the server.
pub struct Options {
    pub file: UserFile,
    /// Called with the settings of the user whenever they were loaded anew.
    pub on_config: Box<dyn Fn(&Config) + Send + Sync>,
}

/// Serves one editor until it hangs up.
pub async fn run<I, O>(mut input: I, _output: O, _options: Options) -> ExitCode
where
    I: AsyncRead + Unpin + Send + 'static,
    O: AsyncWrite + Unpin + Send + 'static,
{
    let hung_up = input.read_to_end(&mut Vec::new()).await;
    if hung_up.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
