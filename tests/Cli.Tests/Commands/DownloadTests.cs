using Google.Protobuf;
using K8sBackup.Cli.Failures;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Failures;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Tests.Commands;

public sealed class DownloadTests : IAsyncLifetime
{
    private FakeCoordinator _coordinator = null!;

    private string Target => Path.Combine(_coordinator.Folder, "out.tar");

    public async Task InitializeAsync()
    {
        _coordinator = await FakeCoordinator.StartAsync();
        _coordinator.Api.Points.Add(Samples.Point());
    }

    public async Task DisposeAsync() => await _coordinator.DisposeAsync();

    [Fact]
    public async Task Download_Complete_WritesAnArchiveForItsOwnerOnly()
    {
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("a", 10), Samples.Data(0, "0123"), Samples.Data(6, "xx6789", skip: 2), Samples.End()));
        _coordinator.Api.Stream.Add(Samples.Message(Samples.Done(1)));

        CliRun run = await DownloadAsync();

        Assert.Equal(ExitCodes.Ok, run.Code);
        byte[] tar = await File.ReadAllBytesAsync(Target);
        Assert.Equal("0123\0\06789"u8.ToArray(), tar[512..522]);
        Assert.Equal(0, tar.Length % 10240);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Target));
    }

    [Fact]
    public async Task Download_ToStandardOutput_IsTheArchiveAlone()
    {
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("a", 0), Samples.End(), Samples.Done(1)));

        CliRun run = await _coordinator.RunAsync("download", "latest", "volume/data@worker-1", "-o", "-");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal(10240, run.Binary.Length);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task Download_ToAnotherName_IsTheContentOfTheOneFile()
    {
        _coordinator.Api.Stream.Add(Samples.Message(Samples.Directory(""), Samples.End(), Samples.File("a.sql", 10), Samples.Data(0, "0123"), Samples.Data(6, "67"), Samples.End()));
        _coordinator.Api.Stream.Add(Samples.Message(Samples.Done(2)));

        CliRun run = await DownloadAsync("a.sql");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal("0123\0\067\0\0"u8.ToArray(), await File.ReadAllBytesAsync(Path.Combine(_coordinator.Folder, "a.sql")));
    }

    [Fact]
    public async Task Download_AsFileToStandardOutput_IsItsContentAlone()
    {
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("a", 4), Samples.Data(0, "0123"), Samples.End(), Samples.Done(1)));

        CliRun run = await _coordinator.RunAsync("download", "latest", "volume/data@worker-1", "a", "-o", "-", "--format", "file");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal("0123"u8.ToArray(), run.Binary);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task Download_SeveralFilesAsOne_IsRefusedAndLeavesNothing()
    {
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("a", 0), Samples.End(), Samples.File("b", 0), Samples.End(), Samples.Done(2)));

        CliRun run = await DownloadAsync("copy");

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Contains("there is more than one file: a and b.", run.Error, StringComparison.Ordinal);
        Assert.Contains(".tar or .zip", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_coordinator.Folder, "copy*"));
    }

    [Theory]
    [InlineData(EntryKind.HardLink, "a cannot: a hard link to b, which is not in the archive; download that, too")]
    [InlineData(EntryKind.Symlink, "a cannot: no regular file (Symlink)")]
    [InlineData(EntryKind.Directory, "there is none")]
    public async Task Download_NoRegularFileAsOne_SaysWhatItIs(EntryKind kind, string cause)
    {
        RestoreItem item = Samples.Directory("a");
        item.Entry.Kind = kind;
        item.Entry.LinkTarget = kind == EntryKind.Directory ? ByteString.Empty : ByteString.CopyFromUtf8("b");
        _coordinator.Api.Stream.Add(Samples.Message(item, Samples.End(), Samples.Done(1)));

        CliRun run = await DownloadAsync("copy");

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Contains(cause, run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_coordinator.Folder, "copy*"));
    }

    [Fact]
    public async Task Download_ToTerminal_IsRefused()
    {
        CliRun run = await _coordinator.RunAsync(
            c => c with { OutIsTerminal = true }, CancellationToken.None, "download", "latest", "volume/data@worker-1", "-o", "-");

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Null(_coordinator.Api.DownloadRequest);
    }

    [Fact]
    public async Task Download_StreamEndsEarly_FailsAndLeavesNothing()
    {
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("a", 4), Samples.Data(0, "0123"), Samples.End()));

        await AssertFailsAsync(ExitCodes.Unavailable);
    }

    [Fact]
    public async Task Download_StoreDamaged_FailsWithItsCauseAndLeavesNothing()
    {
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("a", 4), Samples.Data(0, "0123")));
        _coordinator.Api.Failure = RpcFailures.ToRpcException(
            new Model.Outcomes.Failure("", "volume/data@worker-1", FailureCause.StoreCorrupt, "Pack p1 does not authenticate."));

        CliRun run = await AssertFailsAsync(ExitCodes.Damaged);

        Assert.Contains("volume/data@worker-1: Pack p1 does not authenticate.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Download_WrongHash_FailsAndLeavesNothing()
    {
        RestoreItem data = Samples.Data(0, "0123");
        data.Data.Payload = ByteString.CopyFromUtf8("0124");
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("a", 4), data, Samples.End(), Samples.Done(1)));

        await AssertFailsAsync(ExitCodes.Damaged);
    }

    [Fact]
    public async Task Download_BrokenCompression_FailsAndLeavesNothing()
    {
        RestoreItem data = Samples.Data(0, "0123");
        data.Data.Compression = Compression.Zstd;
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("a", 4), data, Samples.End(), Samples.Done(1)));

        await AssertFailsAsync(ExitCodes.Damaged);
    }

    [Fact]
    public async Task Download_OutOfOrder_FailsAndLeavesNothing()
    {
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("a", 4), Samples.File("b", 4)));

        await AssertFailsAsync(ExitCodes.Damaged);
    }

    [Fact]
    public async Task Download_DataBeyondItsFile_FailsAndLeavesNothing()
    {
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("a", 4), Samples.Data(2, "0123"), Samples.End(), Samples.Done(1)));

        await AssertFailsAsync(ExitCodes.Damaged);
    }

    [Fact]
    public async Task Download_DataOffsetsFallBack_FailsAndLeavesNothing()
    {
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("a", 8), Samples.Data(4, "0123"), Samples.Data(0, "4567"), Samples.End(), Samples.Done(1)));

        await AssertFailsAsync(ExitCodes.Damaged);
    }

    [Fact]
    public async Task Download_CountDiffers_FailsAndLeavesNothing()
    {
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("a", 0), Samples.End(), Samples.Done(2)));

        await AssertFailsAsync(ExitCodes.Damaged);
    }

    [Fact]
    public async Task Download_PathEscapes_FailsAndLeavesNothing()
    {
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("../a", 0), Samples.End(), Samples.Done(1)));

        CliRun run = await DownloadAsync();

        Assert.NotEqual(ExitCodes.Ok, run.Code);
        AssertNothingLeft();
    }

    [Fact]
    public async Task Download_Interrupted_RemovesThePartialFile()
    {
        _coordinator.Api.Hangs = true;
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("a", 4)));
        using CancellationTokenSource interrupt = new();

        Task<CliRun> running = _coordinator.RunAsync(c => c, interrupt.Token, "download", "latest", "volume/data@worker-1", "-o", Target);
        await _coordinator.Api.Hanging.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await interrupt.CancelAsync();
        CliRun run = await running;

        Assert.Equal(ExitCodes.Cancelled, run.Code);
        AssertNothingLeft();
    }

    [Fact]
    public async Task Download_FileExists_IsLeftAlone()
    {
        await File.WriteAllTextAsync(Target, "mine");

        CliRun run = await DownloadAsync();

        Assert.Equal(ExitCodes.Refused, run.Code);
        Assert.Equal("mine", await File.ReadAllTextAsync(Target));
    }

    [Fact]
    public async Task Download_UnreadableEntry_IsNamedAndPartial()
    {
        RestoreItem lost = Samples.File("lost", 4);
        lost.Entry.State = EntryState.Unreadable;
        lost.Entry.Reason = "permission denied";
        _coordinator.Api.Stream.Add(Samples.Message(lost, Samples.End(), Samples.Done(1)));

        CliRun run = await DownloadAsync();

        Assert.Equal(ExitCodes.PartiallyFailed, run.Code);
        Assert.Contains("permission denied", run.Out, StringComparison.Ordinal);
        Assert.True(File.Exists(Target));
    }

    [Fact]
    public async Task Download_Socket_IsNamedAndNoFailure()
    {
        RestoreItem socket = Samples.File("socket", 0);
        socket.Entry.Kind = EntryKind.Socket;
        socket.Entry.State = EntryState.RecordedOnly;
        _coordinator.Api.Stream.Add(Samples.Message(socket, Samples.End(), Samples.Done(1)));

        CliRun run = await DownloadAsync();

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains("tar has none", run.Out, StringComparison.Ordinal);
    }

    private Task<CliRun> DownloadAsync(string name = "out.tar") =>
        _coordinator.RunAsync("download", "latest", "volume/data@worker-1", "some/dir", "-o", Path.Combine(_coordinator.Folder, name));

    private async Task<CliRun> AssertFailsAsync(int code)
    {
        CliRun run = await DownloadAsync();
        Assert.Equal(code, run.Code);
        AssertNothingLeft();
        return run;
    }

    private void AssertNothingLeft() => Assert.Empty(Directory.GetFiles(_coordinator.Folder, "out.tar*"));
}
