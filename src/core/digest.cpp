#include "movrec/core/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "movrec/core/error.hpp"

namespace movrec {

struct Digest::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~Impl() { EVP_MD_CTX_free(context); }
};

Digest::Digest(Kind kind) : impl_(std::make_unique<Impl>()) {
  if (EVP_DigestInit_ex(impl_->context, kind == Kind::md5 ? EVP_md5() : EVP_sha256(), nullptr) != 1)
    fail(ErrorKind::failure, "OpenSSL offers no {}", kind == Kind::md5 ? "MD5" : "SHA-256");
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::update(std::string_view bytes) {
  EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size());
}

std::string Digest::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(impl_->context, bytes.data(), &size);
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

std::string sha256_hex(std::string_view bytes) {
  Digest digest(Digest::Kind::sha256);
  digest.update(bytes);
  return digest.hex();
}

std::string md5_hex(std::string_view bytes) {
  Digest digest(Digest::Kind::md5);
  digest.update(bytes);
  return digest.hex();
}

}  // namespace movrec
