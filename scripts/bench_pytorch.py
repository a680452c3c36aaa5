#!/usr/bin/python3
"""The same net, optimizer and batches in PyTorch, for scripts/bench: what a Python user would run.

  dataloader  a Dataset of single rows under torch.utils.data.DataLoader, as most tutorials write it
  tensors     whole columns as tensors, shuffled once an epoch and sliced: what an expert writes

The net: an embedding of layers[0] for users and one for items, concatenated; then Linear, ReLU and Dropout from
2 layers[i] to 2 layers[i + 1]; one Linear to the stars. Mean squared error, RMSprop with momentum.
Prints one line of JSON: rows trained per second (forward, backward, optimizer). Needs python3-torch.
"""
import argparse
import itertools
import json
import pathlib
import time
import zipfile

import numpy
import torch


def load_ratings(path):
    """Columns (user, item, stars) with dense indices, from ratings.dat or a zip that holds one."""
    path = pathlib.Path(path)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            name = next(n for n in archive.namelist() if n.endswith("ratings.dat"))
            text = archive.read(name).decode("latin-1")
    else:
        text = path.read_text(encoding="latin-1")
    rows = numpy.array([line.split("::")[:3] for line in text.splitlines()], dtype=numpy.int64)
    users = numpy.unique(rows[:, 0], return_inverse=True)[1]
    items = numpy.unique(rows[:, 1], return_inverse=True)[1]
    return users, items, rows[:, 2].astype(numpy.float32)


class Tower(torch.nn.Module):
    def __init__(self, n_users, n_items, layers, dropout):
        super().__init__()
        self.users = torch.nn.Embedding(n_users, layers[0])
        self.items = torch.nn.Embedding(n_items, layers[0])
        hidden = []
        for width, next_width in itertools.pairwise(layers):
            hidden += [torch.nn.Linear(2 * width, 2 * next_width), torch.nn.ReLU(), torch.nn.Dropout(dropout)]
        self.hidden = torch.nn.Sequential(*hidden, torch.nn.Linear(2 * layers[-1], 1))

    def forward(self, users, items):
        return self.hidden(torch.cat([self.users(users), self.items(items)], dim=1)).squeeze(1)


class SingleRows(torch.utils.data.Dataset):
    def __init__(self, columns):
        self.columns = columns

    def __len__(self):
        return len(self.columns[0])

    def __getitem__(self, row):
        return tuple(column[row] for column in self.columns)


def endless_batches(columns, style, batch_size, device):
    resident = [torch.from_numpy(column).to(device) for column in columns]
    while True:
        if style == "dataloader":
            for batch in torch.utils.data.DataLoader(SingleRows(columns), batch_size=batch_size, shuffle=True):
                yield [column.to(device) for column in batch]
        else:
            order = torch.randperm(len(columns[0])).to(device)
            shuffled = [column[order] for column in resident]
            for begin in range(0, len(order) - batch_size + 1, batch_size):
                yield [column[begin : begin + batch_size] for column in shuffled]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ratings", required=True, help="ratings.dat, or the zip that holds it")
    parser.add_argument("--style", choices=["dataloader", "tensors"], default="tensors")
    parser.add_argument("--batch-size", type=int, default=512)
    parser.add_argument("--layers", default="256,128,64,32")
    parser.add_argument("--dropout", type=float, default=0.5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    columns = load_ratings(options.ratings)
    layers = [int(width) for width in options.layers.split(",")]
    net = Tower(columns[0].max() + 1, columns[1].max() + 1, layers, options.dropout).to(options.device)
    optimizer = torch.optim.RMSprop(net.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-5)
    wait = torch.cuda.synchronize if options.device.startswith("cuda") else lambda: None
    warm_up, rows, started = 5, 0, 0.0
    for step, (users, items, stars) in enumerate(endless_batches(columns, options.style, options.batch_size, options.device)):
        if step == warm_up:
            wait()
            rows, started = 0, time.perf_counter()
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(net(users, items), stars).backward()
        optimizer.step()
        rows += len(stars)
        if step > warm_up and time.perf_counter() - started > options.seconds:
            break
    wait()
    print(json.dumps({"style": options.style, "batch_size": options.batch_size,
                      "rows_per_second": rows / (time.perf_counter() - started)}))


if __name__ == "__main__":
    main()
