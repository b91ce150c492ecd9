//! stdin and stdout as an editor provides them. The runtime reads and writes pipes and sockets directly;
//! anything else needs a thread, which costs two context switches per message.

use tokio::io::{AsyncRead, AsyncWrite};

pub(super) type Input = Box<dyn AsyncRead + Send + Unpin>;
pub(super) type Output = Box<dyn AsyncWrite + Send + Unpin>;

pub(super) fn input() -> Input {
    match direct::input() {
        Ok(input) => input,
        Err(_) => Box::new(tokio::io::stdin()),
    }
}

pub(super) fn output() -> Output {
    match direct::output() {
        Ok(output) => output,
        Err(_) => Box::new(tokio::io::stdout()),
    }
}

#[cfg(unix)]
mod direct {
    use std::fs::File;
    use std::io;
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::fs::FileTypeExt;
    use std::os::unix::net;

    use tokio::net::UnixStream;
    use tokio::net::unix::pipe;

    use crate::cli::serve::stdio::{Input, Output};

    pub(super) fn input() -> io::Result<Input> {
        let stdin = io::stdin().as_fd().try_clone_to_owned()?;
        match socket(&stdin)? {
            Some(stream) => Ok(Box::new(stream)),
            None => Ok(Box::new(pipe::Receiver::from_owned_fd(stdin)?)),
        }
    }

    pub(super) fn output() -> io::Result<Output> {
        let stdout = io::stdout().as_fd().try_clone_to_owned()?;
        match socket(&stdout)? {
            Some(stream) => Ok(Box::new(stream)),
            None => Ok(Box::new(pipe::Sender::from_owned_fd(stdout)?)),
        }
    }

    /// Node gives its child processes sockets instead of pipes.
    fn socket(end: &OwnedFd) -> io::Result<Option<UnixStream>> {
        let file = File::from(end.try_clone()?);
        if !file.metadata()?.file_type().is_socket() {
            return Ok(None);
        }
        let stream = net::UnixStream::from(OwnedFd::from(file));
        // Fails if the socket is of another family.
        stream.local_addr()?;
        stream.set_nonblocking(true)?;
        UnixStream::from_std(stream).map(Some)
    }
}

#[cfg(not(unix))]
mod direct {
    use std::io;

    use crate::cli::serve::stdio::{Input, Output};

    pub(super) fn input() -> io::Result<Input> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn output() -> io::Result<Output> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
