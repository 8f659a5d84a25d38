using K8sBackup.Coordinator.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Invariants;
using K8sBackup.Model.Outcomes;
using K8sBackup.TestKit;

namespace K8sBackup.Coordinator.Tests.Ingest;

public sealed class UploadLedgerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    public async Task Open_TornTail_IsCutOffAndAppendedTo(int torn)
    {
        ChunkId[] ids = [ChunkId.Of("a"u8), ChunkId.Of("b"u8)];
        using (UploadLedger ledger = UploadLedger.Open(_directory.Path, "b-1"))
        {
            await ledger.AppendAsync([ids[0]], CancellationToken.None);
        }

        await File.AppendAllBytesAsync(Path.Combine(_directory.Path, "b-1.chunks"), new byte[torn]);
        using UploadLedger again = UploadLedger.Open(_directory.Path, "b-1");
        await again.AppendAsync([ids[1]], CancellationToken.None);
        Assert.Equal(ids, await ReadAsync(again));
    }

    [Fact]
    public async Task Read_MoreThanOneMessageHolds_ComesInBlocksOf16384()
    {
        ChunkId[] ids = [.. Enumerable.Range(0, 20_000).Select(i => ChunkId.Of(BitConverter.GetBytes(i)))];
        using UploadLedger ledger = UploadLedger.Open(_directory.Path, "b-1");
        await ledger.AppendAsync(ids, CancellationToken.None);
        List<int> blocks = [];
        await foreach (ReadOnlyMemory<byte> block in ledger.ReadAsync(CancellationToken.None))
        {
            blocks.Add(block.Length / ChunkId.Bytes);
        }

        Assert.Equal([16_384, 3616], blocks);
        Assert.Equal(ids, await ReadAsync(ledger));
    }

    [Fact]
    public void RemoveOlderThan_OldAndNew_KeepsTheNew()
    {
        UploadLedger.Open(_directory.Path, "b-old").Dispose();
        UploadLedger.Open(_directory.Path, "b-new").Dispose();
        File.SetLastWriteTimeUtc(Path.Combine(_directory.Path, "b-old.chunks"), DateTime.UnixEpoch);
        UploadLedger.RemoveOlderThan(_directory.Path, DateTimeOffset.UnixEpoch.AddDays(1));
        Assert.Equal("b-new.chunks", Path.GetFileName(Assert.Single(Directory.GetFiles(_directory.Path))));
    }

    [Fact]
    public void Open_DirectoryThatCannotBe_IsUnavailableAndSaysWhy()
    {
        string file = Path.Combine(_directory.Path, "file");
        File.WriteAllText(file, "");
        BackupException refusal = Assert.Throws<BackupException>(() => UploadLedger.Open(Path.Combine(file, "uploads"), "b-1"));
        Assert.Equal(FailureCause.StoreUnavailable, refusal.Failure.Cause);
        Assert.Contains("state directory", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_IdThatIsAPath_IsOurOwnMistake() =>
        Assert.Throws<InvariantViolationException>(() => UploadLedger.Open(_directory.Path, "../b"));

    private static async Task<List<ChunkId>> ReadAsync(UploadLedger ledger)
    {
        List<ChunkId> ids = [];
        await foreach (ReadOnlyMemory<byte> block in ledger.ReadAsync(CancellationToken.None))
        {
            for (int at = 0; at < block.Length; at += ChunkId.Bytes)
            {
                ids.Add(new ChunkId(block.Span.Slice(at, ChunkId.Bytes)));
            }
        }

        return ids;
    }
}
