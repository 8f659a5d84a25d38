using System.Text;
using K8sBackup.Cli.Tar;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Cli.Tests.Tar;

/// <summary>Archives are read back with GNU tar and Python's tarfile, which nobody here wrote.</summary>
public sealed class TarWriterTests : IDisposable
{
    private static readonly byte[] LongInvalid = [.. Enumerable.Repeat((byte)'d', 200), (byte)'/', 0xff, .. Enumerable.Repeat((byte)'f', 120)];

    private readonly string _directory = Directory.CreateTempSubdirectory("k8sbackup-tar-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Write_EverythingOdd_GnuTarRestoresIt()
    {
        string archive = await WriteAsync(
            (Entry("dir", EntryKind.Directory) with { Mode = 0x3fd }, null),
            (Entry("dir/a b\n\u00e4=%", EntryKind.File) with { Size = 5, Uid = 5_000_000, Gid = 4_000_000_000, ModifiedAt = new UnixTime(-2, 250_000_001), Attributes = [new("user.x=%"u8.ToArray(), [0, 10, 255])] }, "hello"),
            (Entry("dir/hard", EntryKind.HardLink) with { LinkTarget = "dir/a b\n\u00e4=%"u8.ToArray() }, null),
            (Entry("link", EntryKind.Symlink) with { Mode = 0x1ff, LinkTarget = Encoding.UTF8.GetBytes(new string('t', 300)) }, null),
            (Entry("fifo", EntryKind.Fifo), null),
            (Entry("null", EntryKind.CharDevice) with { Device = (1 << 8) | 3 }, null));

        await RunAsync("tar", "--xattrs", "--xattrs-include=*", "--same-owner", "-xpf", archive, "-C", _directory);

        string listing = await RunAsync(
            "python3", "-c", """
            import os, sys, stat
            r = sys.argv[1].encode()
            f = os.path.join(r, b'dir', 'a b\n\u00e4=%'.encode())
            s = os.lstat(f)
            print(open(f, 'rb').read(), s.st_uid, s.st_gid, s.st_mtime_ns, s.st_nlink)
            print(os.getxattr(f, b'user.x=%'))
            print(oct(os.lstat(os.path.join(r, b'dir')).st_mode), len(os.readlink(os.path.join(r, b'link'))))
            print(stat.S_ISFIFO(os.lstat(os.path.join(r, b'fifo')).st_mode), os.lstat(os.path.join(r, b'null')).st_rdev == os.lstat('/dev/null').st_rdev)
            """, _directory);
        Assert.Equal(
            "b'hello' 5000000 4000000000 -1749999999 2\nb'\\x00\\n\\xff'\n0o41775 300\nTrue True\n",
            listing);
    }

    [Fact]
    public async Task Write_LongNameThatIsNoText_PythonReadsItsBytes()
    {
        string archive = await WriteAsync((Entry("", EntryKind.File) with { Path = LongInvalid, Size = 1 }, "x"));

        string names = await RunAsync(
            "python3", "-c", "import os, sys, tarfile\nfor m in tarfile.open(sys.argv[1]): print(os.fsencode(m.name).hex(), m.size)", archive);

        Assert.Equal($"{Convert.ToHexStringLower(LongInvalid)} 1\n", names);
    }

    [Fact]
    public async Task Write_NoSecondsFraction_NeedsNoExtendedHeader()
    {
        string archive = await WriteAsync((Entry("plain", EntryKind.File) with { ModifiedAt = new UnixTime(1_700_000_000, 0) }, null));

        byte[] bytes = await File.ReadAllBytesAsync(archive);

        Assert.Equal((byte)'0', bytes[156]);
        Assert.Equal("plain"u8.ToArray(), bytes[..5]);
    }

    [Fact]
    public async Task Write_FileBeyondEightGibibytes_SizeIsInTheExtendedHeader()
    {
        using MemoryStream output = new();
        TarWriter writer = new(output);
        await writer.BeginAsync(Entry("big", EntryKind.File) with { Size = 0x2_0000_0000 }, CancellationToken.None);

        Assert.Contains("size=8589934592\n", Encoding.ASCII.GetString(output.ToArray()), StringComparison.Ordinal);
    }

    private static TreeEntry Entry(string path, EntryKind kind) =>
        new() { Path = Encoding.UTF8.GetBytes(path), Kind = kind, Mode = 0x1a4, ModifiedAt = new UnixTime(1_700_000_000, 123_456_789) };

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        ProcessResult result = await ChildProcess.RunAsync(program, arguments, TimeSpan.FromMinutes(1));
        Assert.True(result.ExitCode == 0, result.StandardError);
        return result.StandardOutput;
    }

    private async Task<string> WriteAsync(params (TreeEntry Entry, string? Content)[] entries)
    {
        string path = Path.Combine(_directory, "archive.tar");
        await using FileStream output = File.Create(path);
        TarWriter writer = new(output);
        foreach ((TreeEntry entry, string? content) in entries)
        {
            await writer.BeginAsync(entry, CancellationToken.None);
            if (content is not null)
            {
                await writer.WriteAsync(0, Encoding.UTF8.GetBytes(content), CancellationToken.None);
            }

            await writer.EndAsync(CancellationToken.None);
        }

        await writer.FinishAsync([], CancellationToken.None);
        return path;
    }
}
