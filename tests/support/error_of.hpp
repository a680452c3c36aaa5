#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "movrec/core/error.hpp"

namespace movrec::test {

/// The Error that `body` throws; one that says "no error" if it throws none.
template <class Body>
Error error_of(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::failure, "no error"};
}

/// What it says, once it is seen to be of that kind.
template <class Body>
std::string message_of(const Body& body, ErrorKind kind) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    return error.message();
  }
  return "no error";
}

/// All of it: "message|why|remedy".
template <class Body>
std::string text_of(const Body& body, ErrorKind kind, std::string_view between = "|") {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    return fmt::format("{}{}{}{}{}", error.message(), between, error.why(), between, error.remedy());
  }
  return "no error";
}

}  // namespace movrec::test
