# `packaging/checksums SHA256SUMS` inserts the checksums of a release.
class Understudy < Formula
  desc "Language server that adds LLM features to any editor, with failover"
  homepage "https://github.com/understudy-ls/understudy"
  version "0.1.0"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "https://github.com/understudy-ls/understudy/releases/download/v0.1.0/understudy-aarch64-apple-darwin.tar.gz"
      sha256 "0000000000000000000000000000000000000000000000000000000000000000"
    end
    on_intel do
      url "https://github.com/understudy-ls/understudy/releases/download/v0.1.0/understudy-x86_64-apple-darwin.tar.gz"
      sha256 "0000000000000000000000000000000000000000000000000000000000000000"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/understudy-ls/understudy/releases/download/v0.1.0/understudy-aarch64-unknown-linux-gnu.tar.gz"
      sha256 "0000000000000000000000000000000000000000000000000000000000000000"
    end
    on_intel do
      url "https://github.com/understudy-ls/understudy/releases/download/v0.1.0/understudy-x86_64-unknown-linux-gnu.tar.gz"
      sha256 "0000000000000000000000000000000000000000000000000000000000000000"
    end
  end

  def install
    bin.install "understudy"
    man1.install "understudy.1"
    bash_completion.install "understudy.bash" => "understudy"
    zsh_completion.install "_understudy"
    fish_completion.install "understudy.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/understudy --version")
    (testpath/"main.rs").write "fn main() {}\n"
    system bin/"understudy", "complete", "main.rs:1:1"
  end
end
