using K8sBackup.Agent.Volumes;
using K8sBackup.Agent.Volumes.Reading;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Outcomes;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;
using Microsoft.Win32.SafeHandles;
using EntryKind = K8sBackup.Model.Trees.EntryKind;

namespace K8sBackup.Agent.Tests.Volumes;

/// <summary>Reading that the node's own work does not notice, and that no file system can hold up for ever.</summary>
public sealed class PoliteReadingTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _clock = new();

    private string Pressure => Path.Combine(_directory.Path, "pressure");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void ReadingThread_ReadsInTheIdleClass()
    {
        ReadingThread thread = new(Limit, TimeProvider.System);
        Assert.True(thread.Run(() => IdlePriority.IsSet));
        Assert.False(IdlePriority.IsSet);
        thread.End();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(64 * 1024)]
    [InlineData((64 * 1024) + 1)]
    [InlineData(5_000_000)]
    public void File_OfAnySize_IsReadWhole(int bytes)
    {
        byte[] content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        using PatientReader reader = Reader(TimeProvider.System);
        using PatientFile file = reader.Open(() => OpenFile(content));
        byte[] read = new byte[bytes + 10];

        Assert.Equal(bytes > 0, file.NextSegment(0, out long start, out long end));
        Assert.Equal(bytes, (int)(end - start));
        Assert.Equal(Math.Min(10, bytes), file.Read(0, read.AsSpan(0, 10)));
        Assert.Equal(bytes, file.Read(0, read.AsSpan(0, bytes)));
        Assert.True(content.AsSpan().SequenceEqual(read.AsSpan(0, bytes)));
        Assert.Equal(bytes, file.Read(0, read));
        Assert.False(file.NextSegment(end, out _, out _));
        Assert.False(file.HasChanged());
    }

    [Fact]
    public async Task Open_FileSystemHangs_IsHungAndTheNextFileIsReadOnAnotherThread()
    {
        using ManualResetEventSlim release = new();
        using PatientReader reader = Reader(_clock);
        FileReader? late = null;

        Task<PatientFile> hanging = Task.Run(() => reader.Open(() =>
        {
            release.Wait();
            return late = OpenFile([1]);
        }));
        await _clock.AdvanceUntilAsync(() => hanging.IsCompleted, TimeSpan.FromSeconds(30), Limit * 2);

        HungReadException hung = await Assert.ThrowsAsync<HungReadException>(() => hanging);
        Assert.StartsWith("hung", hung.Message, StringComparison.Ordinal);
        using (PatientFile next = reader.Open(() => OpenFile([1, 2, 3])))
        {
            byte[] content = new byte[3];
            Assert.Equal(3, next.Read(0, content));
        }

        release.Set();
        await Support.Eventually.TrueAsync(() => late is not null && IsClosed(late));
    }

    [Fact]
    public async Task Open_ManyFilesHang_TheSourceIsGivenUp()
    {
        using ManualResetEventSlim release = new();
        using PatientReader reader = Reader(_clock);
        for (int i = 0; i < PatientReader.HungMax; i++)
        {
            Task<PatientFile> hanging = Task.Run(() => reader.Open(() =>
            {
                release.Wait();
                throw new IOException("gone");
            }));
            await _clock.AdvanceUntilAsync(() => hanging.IsCompleted, TimeSpan.FromSeconds(30), Limit * 2);
            await Assert.ThrowsAsync<HungReadException>(() => hanging);
        }

        BackupException given = Assert.Throws<BackupException>(() => reader.Open(() => OpenFile([1])));
        release.Set();

        Assert.Equal(FailureCause.SourceUnreadable, given.Failure.Cause);
    }

    [Fact]
    public async Task Run_ResultThatComesTooLate_IsDisposedOf()
    {
        using ManualResetEventSlim release = new();
        using PatientReader reader = Reader(_clock);
        CancellationTokenSource? late = null;

        Task<CancellationTokenSource> hanging = Task.Run(() => reader.Run(() =>
        {
            release.Wait();
            return late = new CancellationTokenSource();
        }));
        await _clock.AdvanceUntilAsync(() => hanging.IsCompleted, TimeSpan.FromSeconds(30), Limit * 2);
        await Assert.ThrowsAsync<HungReadException>(() => hanging);
        release.Set();

        await Support.Eventually.TrueAsync(() => late is not null && IsDisposed(late));
        Assert.Equal(7, reader.Run(() => 7));
    }

    [Fact]
    public async Task Run_CalledOff_DoesNotWaitForTheFileSystem()
    {
        using ManualResetEventSlim release = new();
        using CancellationTokenSource stop = new();
        using PatientReader reader = Reader(_clock, stop.Token);
        Task<bool> hanging = Task.Run(() => reader.Run(() =>
        {
            release.Wait();
            return true;
        }));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hanging);
        release.Set();
    }

    [Fact]
    public async Task Place_ThatHangs_IsUnreadable()
    {
        using ManualResetEventSlim release = new();
        PatientPlace place = new(new HangingPlace(release), Policy(_clock));
        Task<OpenVolume> opening = Task.Run(place.Open);
        await _clock.AdvanceUntilAsync(() => opening.IsCompleted, TimeSpan.FromSeconds(30), Limit * 2);
        BackupException fault = await Assert.ThrowsAsync<BackupException>(() => opening);
        release.Set();
        Assert.Equal(FailureCause.SourceUnreadable, fault.Failure.Cause);
        Assert.Contains("hung", fault.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pacer_WithABudget_SpreadsTheReadsOfAllCaptures()
    {
        ReadPacer pacer = new(1_000_000, new PressureGauge(Pressure, _clock), _clock);
        DateTimeOffset start = _clock.GetUtcNow();

        Task[] captures = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() => Take(pacer, times: 10, bytes: 500_000)))];
        await _clock.AdvanceUntilAsync(() => captures.All(c => c.IsCompleted), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));

        // Ten million bytes; the first read is free, and what comes after the last is nobody's.
        Assert.InRange((_clock.GetUtcNow() - start).TotalSeconds, 9, 18);
    }

    [Fact]
    public async Task Pacer_ClockSetBack_WaitsNoLonger()
    {
        ReadPacer pacer = new(1000, new PressureGauge(Pressure, _clock), _clock);
        pacer.Take(1000, CancellationToken.None);
        _clock.Jump(TimeSpan.FromDays(-3650));
        Task waiting = Task.Run(() => pacer.Take(1, CancellationToken.None));
        await _clock.AdvanceUntilAsync(() => waiting.IsCompleted, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        await waiting;
    }

    [Fact]
    public async Task Pacer_Cancelled_EndsTheWait()
    {
        ReadPacer pacer = new(1, new PressureGauge(Pressure, _clock), _clock);
        using CancellationTokenSource stop = new();
        pacer.Take(1000, stop.Token);
        Task waiting = Task.Run(() => pacer.Take(1, stop.Token));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(300, 0, true)]
    [InlineData(300, 290, false)]
    [InlineData(900, 290, true)]
    public void Gauge_OthersWaitForTheDisk_IsHighUntilTheyNoLongerDo(int waitedMilliseconds, int ownMilliseconds, bool high)
    {
        WritePressure(TimeSpan.FromSeconds(50));
        PressureGauge gauge = new(Pressure, _clock);
        gauge.AddOwn(TimeSpan.FromMilliseconds(ownMilliseconds));
        WritePressure(TimeSpan.FromSeconds(50) + TimeSpan.FromMilliseconds(waitedMilliseconds));

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(high, gauge.IsHigh);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(gauge.IsHigh);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("some total=many")]
    public void Gauge_KernelDoesNotTell_IsNotHigh(string? text)
    {
        if (text is not null)
        {
            File.WriteAllText(Pressure, text);
        }

        PressureGauge gauge = new(Pressure, _clock);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(gauge.IsHigh);
    }

    [Fact]
    public async Task Pacer_UnderPressure_StepsBackAndComesBack()
    {
        WritePressure(TimeSpan.Zero);
        ReadPacer pacer = new(0, new PressureGauge(Pressure, _clock), _clock);
        WritePressure(TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(1));
        pacer.Take((int)ReadPacer.PressedBytesPerSecond, CancellationToken.None);

        Task pressed = Task.Run(() => pacer.Take(1, CancellationToken.None));
        Assert.NotSame(pressed, await Task.WhenAny(pressed, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System)));
        await _clock.AdvanceUntilAsync(() => pressed.IsCompleted, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));

        _clock.Advance(TimeSpan.FromSeconds(1));
        pacer.Take(int.MaxValue, CancellationToken.None);
        pacer.Take(int.MaxValue, CancellationToken.None);
    }

    private static void Take(ReadPacer pacer, int times, int bytes)
    {
        for (int i = 0; i < times; i++)
        {
            pacer.Take(bytes, CancellationToken.None);
        }
    }

    private static bool IsClosed(FileReader file)
    {
        try
        {
            file.HasChanged();
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private void WritePressure(TimeSpan total) => File.WriteAllText(
        Pressure, $"some avg10=0.00 avg60=0.00 avg300=0.00 total={(long)total.TotalMicroseconds}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");

    private static bool IsDisposed(CancellationTokenSource source)
    {
        try
        {
            _ = source.Token;
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private ReadPolicy Policy(TimeProvider clock) => new(Limit, new ReadPacer(0, new PressureGauge(Pressure, clock), clock), clock);

    private PatientReader Reader(TimeProvider clock, CancellationToken cancellationToken = default) => new(Policy(clock), cancellationToken);

    private FileReader OpenFile(byte[] content)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_directory.Path, Path.GetRandomFileName())).FullName;
        File.WriteAllBytes(Path.Combine(folder, "f"), content);
        using SafeFileHandle root = DirectoryHandles.OpenRoot(folder);
        using TreeWalker walker = new(root, new WalkOptions());
        while (walker.MoveNext() && walker.Current.Kind != EntryKind.File)
        {
        }

        return walker.HoldFile().Open();
    }

    private sealed class HangingPlace(ManualResetEventSlim release) : IVolumePlace
    {
        public bool IsLasting => false;

        public OpenVolume Open()
        {
            release.Wait();
            throw new IOException("gone");
        }
    }
}
