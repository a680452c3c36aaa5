#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

namespace movrec {

/// Floats that start as zero on a huge page's boundary: rows of whole cache lines stay whole, and gathering
/// them from all over the place does not wait for page tables.
class FloatBuffer {
 public:
  FloatBuffer() = default;
  explicit FloatBuffer(std::size_t n) : size_(n) {
    const std::size_t bytes = (n * sizeof(float) + kHugePage - 1) / kHugePage * kHugePage;
    if (bytes == 0) return;
    data_.reset(static_cast<float*>(std::aligned_alloc(kHugePage, bytes)));
    if (!data_) throw std::bad_alloc();
    madvise(data_.get(), bytes, MADV_HUGEPAGE);  // where it is refused, pages are small
    std::fill_n(data_.get(), n, 0.F);
  }

  std::size_t size() const { return size_; }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  float& operator[](std::size_t i) { return data_[i]; }
  float operator[](std::size_t i) const { return data_[i]; }
  std::span<float> span() { return {data_.get(), size_}; }
  std::span<const float> span() const { return {data_.get(), size_}; }

 private:
  static constexpr std::size_t kHugePage = std::size_t{1} << 21;
  struct Free {
    void operator()(float* data) const { std::free(data); }
  };
  std::size_t size_ = 0;
  std::unique_ptr<float[], Free> data_;
};

}  // namespace movrec
