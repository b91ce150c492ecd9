{
  description = "Understudy, a language server that adds LLM features to any editor";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      each = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
      manifest = (nixpkgs.lib.importTOML ../Cargo.toml).package;
    in
    {
      packages = each (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          pname = "understudy";
          inherit (manifest) version;
          src = ../.;
          cargoLock.lockFile = ../Cargo.lock;
          nativeBuildInputs = [ pkgs.installShellFiles ];
          # The tests start editors, so the build does not run them.
          doCheck = false;
          postInstall = ''
            $out/bin/understudy man > understudy.1
            installManPage understudy.1
            installShellCompletion --cmd understudy \
              --bash <($out/bin/understudy completions bash) \
              --zsh <($out/bin/understudy completions zsh) \
              --fish <($out/bin/understudy completions fish)
          '';
          meta = {
            inherit (manifest) description;
            homepage = manifest.repository;
            license = with nixpkgs.lib.licenses; [ mit asl20 ];
            mainProgram = "understudy";
          };
        };
      });

      devShells = each (pkgs: {
        default = pkgs.mkShell { packages = with pkgs; [ cargo clippy rustc rustfmt ]; };
      });
    };
}
