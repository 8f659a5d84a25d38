using K8sBackup.Coordinator.Drills;
using K8sBackup.Model.Trees;

namespace K8sBackup.Coordinator.Tests.Drills;

public sealed class FileSampleTests
{
    [Fact]
    public async Task Take_ManyFiles_ChoosesEvenlyAndWithinTheLimits()
    {
        int[] chosen = new int[10];
        for (int seed = 0; seed < 50; seed++)
        {
            FileSample sample = await FileSample.TakeAsync(Files(1000, 100), new Random(seed), default);
            Assert.Equal((FileSample.FilesMax, 1000L, FileSample.FilesMax * 100L), (sample.Paths.Count, sample.FilesInSnapshot, sample.Bytes));
            Assert.Equal(sample.Paths.Count, sample.Paths.Select(Convert.ToHexString).Distinct().Count());
            foreach (byte[] path in sample.Paths)
            {
                chosen[(path[1] - '0')]++;
            }
        }

        // 3,200 choices over ten stretches of the tree: 320 each, give or take five deviations.
        Assert.All(chosen, count => Assert.InRange(count, 235, 405));
    }

    [Fact]
    public async Task Take_LargeFiles_StaysBelowTheBytes()
    {
        FileSample sample = await FileSample.TakeAsync(Files(30, 10 << 20), new Random(1), default);

        Assert.Equal((6, 60L << 20), (sample.Paths.Count, sample.Bytes));
    }

    [Fact]
    public async Task Take_WhatIsNoFileOrWasNotCaptured_IsNotChosen()
    {
        TreeEntry[] entries =
        [
            new() { Path = [], Kind = EntryKind.Directory },
            new() { Path = "a"u8.ToArray(), Kind = EntryKind.File, State = EntryState.Unreadable, Size = 5 },
            new() { Path = "b"u8.ToArray(), Kind = EntryKind.Symlink },
            new() { Path = "c"u8.ToArray(), Kind = EntryKind.File, Size = FileSample.BytesMax + 1 },
            new() { Path = "d"u8.ToArray(), Kind = EntryKind.File, Size = 7 },
        ];

        FileSample sample = await FileSample.TakeAsync(entries.ToAsyncEnumerable(), new Random(1), default);

        Assert.Equal("d"u8.ToArray(), Assert.Single(sample.Paths));
        Assert.Equal((7L, 1L), (sample.Bytes, sample.FilesInSnapshot));
    }

    private static async IAsyncEnumerable<TreeEntry> Files(int count, long size)
    {
        await Task.CompletedTask;
        for (int i = 0; i < count; i++)
        {
            yield return new TreeEntry { Path = System.Text.Encoding.ASCII.GetBytes($"f{i * 1000 / count:000}"), Kind = EntryKind.File, Size = size };
        }
    }
}
