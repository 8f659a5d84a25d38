using K8sBackup.Agent.Volumes.Reading;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.FileTree.Walking;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;
using Microsoft.Win32.SafeHandles;
using EntryKind = K8sBackup.Model.Trees.EntryKind;

namespace K8sBackup.Agent.Tests.Volumes;

/// <summary>Small files are read many at once, and are still none of each other's business.</summary>
public sealed class SmallFilesTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new("/dev/shm");
    private readonly ManualTimeProvider _clock = new();
    private readonly List<FoundFile> _found = [];

    public void Dispose()
    {
        _found.ForEach(file => file.Dispose());
        _directory.Dispose();
    }

    [Fact]
    public void ReadTogether_FilesOfAllKinds_EachIsWhatItIsByItself()
    {
        Dictionary<string, FoundFile> files = Find(
            ("a", new byte[] { 1, 2, 3 }), ("b", []), ("c", Noise(SmallFiles.FileBytesMax)), ("d", Noise(SmallFiles.FileBytesMax + 1)), ("e", [5]), ("f", [6]), ("z", [7]));
        File.Delete(_directory["e"]);
        using (FileStream sparse = File.Create(_directory["f"]))
        {
            sparse.Write([1]);
            sparse.SetLength(50_000);
        }

        using PatientReader reader = Reader();
        SmallRead[] reads = reader.ReadTogether([.. "abcdefz".Select(name => (Func<FileReader>)files[name.ToString()].Open)]);

        Assert.Equal([1, 2, 3], reads[0].File!.Data.ToArray());
        Assert.Equal((0, 0L, false), (reads[1].File!.Data.Length, reads[1].File!.Size, reads[1].File!.HasChanged));
        Assert.Equal(File.ReadAllBytes(_directory["c"]), reads[2].File!.Data.ToArray());
        Assert.Equal(default, reads[3]);
        Assert.True(reads[4].Fault is LinuxException { IsGone: true });
        Assert.Equal(default, reads[5]);
        Assert.Equal([7], reads[6].File!.Data.ToArray());
    }

    [Fact]
    public void ReadTogether_FileThatChangesWhileItIsRead_IsToldAndTheOthersAreNot()
    {
        Dictionary<string, FoundFile> files = Find(("a", new byte[] { 1 }), ("b", [2]), ("c", [3]));
        using PatientReader reader = Reader();

        SmallRead[] reads = reader.ReadTogether([files["a"].Open, Growing, files["c"].Open]);

        Assert.Equal([false, true, false], reads.Select(read => read.File!.HasChanged));
        Assert.Equal([3], reads[2].File!.Data.ToArray());

        FileReader Growing()
        {
            FileReader opened = files["b"].Open();
            File.AppendAllText(_directory["b"], "more");
            return opened;
        }
    }

    [Fact]
    public void ReadTogether_MoreThanTheBufferHolds_TheRestIsReadAlone()
    {
        byte[] content = Noise(SmallFiles.FileBytesMax);
        FoundFile file = Find(("f", content))["f"];
        using PatientReader reader = Reader();

        SmallRead[] reads = reader.ReadTogether([.. Enumerable.Repeat((Func<FileReader>)file.Open, 40)]);

        int read = PatientFile.ReadBytes / SmallFiles.FileBytesMax;
        Assert.All(reads[..read], r => Assert.Equal(content, r.File!.Data.ToArray()));
        Assert.All(reads[read..], r => Assert.Equal(default, r));
    }

    [Fact]
    public async Task ReadTogether_OneHangs_IsItsOwnFaultAndTheOthersAreReadAlone()
    {
        Dictionary<string, FoundFile> files = Find(("a", new byte[] { 1 }), ("b", [2]), ("c", [3]));
        using ManualResetEventSlim release = new();
        using PatientReader reader = Reader();
        Task<SmallRead[]> reading = Task.Run(() => reader.ReadTogether([files["a"].Open, Hanging, files["c"].Open]));
        await _clock.AdvanceUntilAsync(() => reading.IsCompleted, TimeSpan.FromSeconds(30), Limit * 3);

        SmallRead[] reads = await reading;

        Assert.Equal((default, default), (reads[0], reads[2]));
        Assert.IsType<HungReadException>(reads[1].Fault);
        Assert.Equal([3], Assert.Single(reader.ReadTogether([files["c"].Open])).File!.Data.ToArray());
        release.Set();

        FileReader Hanging()
        {
            release.Wait();
            return files["b"].Open();
        }
    }

    [Fact]
    public async Task ReadTogether_EachAnswersInTime_NoneIsHungHoweverLongAllTake()
    {
        FoundFile file = Find(("f", new byte[] { 1 }))["f"];
        using SemaphoreSlim begun = new(0);
        using SemaphoreSlim answer = new(0);
        using PatientReader reader = Reader();
        const int Files = 8;
        Task<SmallRead[]> reading = Task.Run(() => reader.ReadTogether([.. Enumerable.Repeat((Func<FileReader>)Slow, Files)]));
        for (int i = 0; i < Files; i++)
        {
            await begun.WaitAsync();
            for (int step = 0; step < 3; step++)
            {
                // Long enough for whoever waits to be waiting with a limit.
                await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System);
                _clock.Advance(Limit / 4);
            }

            answer.Release();
        }

        Assert.All(await reading, read => Assert.Equal([1], read.File!.Data.ToArray()));

        FileReader Slow()
        {
            begun.Release();
            answer.Wait();
            return file.Open();
        }
    }

    private static byte[] Noise(int bytes)
    {
        byte[] noise = new byte[bytes];
        new Random(bytes).NextBytes(noise);
        return noise;
    }

    private PatientReader Reader() =>
        new(new ReadPolicy(Limit, new ReadPacer(0, new PressureGauge(_directory["pressure"], _clock), _clock), _clock), CancellationToken.None);

    // As a walk finds them that is over by the time they are read.
    private Dictionary<string, FoundFile> Find(params (string Name, byte[] Content)[] files)
    {
        foreach ((string name, byte[] content) in files)
        {
            File.WriteAllBytes(_directory[name], content);
        }

        using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory.Path);
        using TreeWalker walker = new(root, new WalkOptions());
        while (walker.MoveNext())
        {
            if (walker.Current.Kind == EntryKind.File)
            {
                _found.Add(walker.HoldFile());
            }
        }

        return _found.ToDictionary(file => System.Text.Encoding.UTF8.GetString(file.Entry.Path));
    }
}
