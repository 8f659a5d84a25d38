using K8sBackup.Cli.Zip;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Cli.Tests.Zip;

/// <summary>Read back by Python's zipfile, which nobody here wrote.</summary>
public sealed class ZipWriterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Write_EveryKind_ReadsBackWithModesOwnersTimesAndLinks()
    {
        string file = await WriteAsync(async (zip, add) =>
        {
            await add(Entry("", EntryKind.Directory, 0x1ed), []);
            await add(Entry("d", EntryKind.Directory, 0x5ed), []);
            await add(Entry("d/empty", EntryKind.File, 0x180), []);
            await add(Entry("d/ä 文.txt", EntryKind.File, 0x1a4), [(0, "hello"u8.ToArray()), (100_000, "end"u8.ToArray())], 100_010);
            await add(Entry("d/link", EntryKind.Symlink, 0x1ff) with { LinkTarget = "../elsewhere"u8.ToArray() }, []);
            await add(Entry("z", EntryKind.HardLink, 0x1a4) with { LinkTarget = "d/empty"u8.ToArray() }, []);
        });

        string listing = await PythonAsync(file, """
            for i in z.infolist():
                print(i.filename, oct(i.external_attr >> 16), i.file_size, i.date_time[0], i.create_system, i.extra.hex()[-30:], sep='|')
            print(len(z.read('d/ä 文.txt')), z.read('d/ä 文.txt')[:5], z.read('d/ä 文.txt')[99999:100003], z.read('d/link'), z.read('z'), z.testzip())
            """);

        const string owner = "75780b00010439300000044e000000";
        Assert.Equal(
            [
                $"d/|0o42755|0|2001|3|{owner}",
                $"d/empty|0o100600|0|2001|3|{owner}",
                $"d/ä 文.txt|0o100644|100010|2001|3|{owner}",
                $"d/link|0o120777|12|2001|3|{owner}",
                $"z|0o120777|7|2001|3|{owner}",
                "100010 b'hello' b'\\x00end' b'../elsewhere' b'd/empty' None",
            ],
            listing.Trim().Split('\n'));
    }

    [Fact]
    public async Task Write_NamesThatAreNoText_AreReportedAndThere()
    {
        TreeEntry odd = Entry("", EntryKind.File, 0x1a4) with { Path = [(byte)'x', 0xff] };
        string file = await WriteAsync(async (zip, add) =>
        {
            Assert.Contains("no UTF-8", zip.Change(odd), StringComparison.Ordinal);
            Assert.Null(zip.Change(Entry("plain", EntryKind.File, 0)));
            Assert.All([EntryKind.Socket, EntryKind.Fifo, EntryKind.CharDevice, EntryKind.BlockDevice], kind => Assert.Contains("zip has none", zip.Refusal(Entry("x", kind, 0)), StringComparison.Ordinal));
            await add(odd, [(0, "1"u8.ToArray())], 1);
        });
        Assert.Equal("x\\xff", (await PythonAsync(file, "print(z.namelist()[0])")).Trim());
    }

    [Fact]
    public async Task Write_MoreThanFourGigabytes_HasItsSize()
    {
        const long size = (5L << 30) + 7;
        string file = await WriteAsync(async (_, add) =>
        {
            await add(Entry("big", EntryKind.File, 0x1a4), [(size - 3, "end"u8.ToArray())], size);
            await add(Entry("behind", EntryKind.File, 0x1a4), [(0, "x"u8.ToArray())], 1);
        });
        Assert.Equal($"{size} b'x'", (await PythonAsync(file, "print(z.getinfo('big').file_size, z.read('behind'))")).Trim());
    }

    [Fact]
    public async Task Write_Seventy_ThousandEntries_AreAllListed()
    {
        string file = await WriteAsync(async (_, add) =>
        {
            for (int i = 0; i < 70_000; i++)
            {
                await add(Entry($"f{i}", EntryKind.File, 0x1a4), []);
            }
        });
        Assert.Equal("70000 f69999", (await PythonAsync(file, "print(len(z.namelist()), z.namelist()[-1])")).Trim());
    }

    private static TreeEntry Entry(string path, EntryKind kind, int mode) => new()
    {
        Path = System.Text.Encoding.UTF8.GetBytes(path),
        Kind = kind,
        Mode = mode,
        Uid = 12345,
        Gid = 78,
        ModifiedAt = new UnixTime(981173106, 5),
    };

    private delegate ValueTask Add(TreeEntry entry, (long Offset, byte[] Data)[] runs, long size = 0);

    private async Task<string> WriteAsync(Func<ZipWriter, Add, Task> write)
    {
        string file = Path.Combine(_directory.Path, "x.zip");
        await using FileStream output = File.Create(file);
        await using ZipWriter zip = new(output);
        await write(zip, async (entry, runs, size) =>
        {
            await zip.BeginAsync(entry with { Size = size }, CancellationToken.None);
            foreach ((long offset, byte[] data) in runs)
            {
                await zip.WriteAsync(offset, data, CancellationToken.None);
            }

            await zip.EndAsync(CancellationToken.None);
        });
        await zip.FinishAsync([], CancellationToken.None);
        return file;
    }

    private static async Task<string> PythonAsync(string file, string script)
    {
        string[] arguments = ["-X", "utf8", "-c", $"import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\n{script}", file];
        ProcessResult result = await ChildProcess.RunAsync("python3", arguments, TimeSpan.FromMinutes(2));
        Assert.True(result.ExitCode == 0, result.StandardError);
        return result.StandardOutput;
    }
}
