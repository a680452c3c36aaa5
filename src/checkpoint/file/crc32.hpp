#pragma once

#include <cstdint>
#include <string_view>

namespace movrec {

/// The checksum that zip files carry: CRC-32 with the polynomial 0xEDB88320.
std::uint32_t crc32(std::string_view bytes);

}  // namespace movrec
