#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace movrec {

/// A message digest fed in pieces (OpenSSL's EVP).
class Digest {
 public:
  enum class Kind { md5, sha256 };
  explicit Digest(Kind);
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void update(std::string_view bytes);
  /// Lower-case hexadecimal; the digest cannot be fed afterwards.
  std::string hex();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string sha256_hex(std::string_view bytes);
std::string md5_hex(std::string_view bytes);

}  // namespace movrec
