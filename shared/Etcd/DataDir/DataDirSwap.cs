using K8sBackup.Etcd.Files;

namespace K8sBackup.Etcd.DataDir;

/// <summary>
/// Swaps a staged member for the one in the data-dir: (1) refuse while an etcd runs or another swap is unfinished,
/// (2) write the journal with all renames, (3) move the old member (and old WAL files) aside, (4) move the staged ones in,
/// (5) close the journal. Each rename is synced before the next. After a crash at any point <see cref="Resume"/> goes on
/// and <see cref="Rollback"/> undoes; both may be called any number of times. The old member is kept until somebody purges
/// it. Never let an etcd be started between (2) and (5): it would begin an empty cluster where no member is.
/// </summary>
public sealed class DataDirSwap
{
    private const int IdLengthMax = 64;
    private const string Member = "member";

    private readonly SwapTarget _target;
    private readonly Action<string> _beforeStep;

    /// <summary>A swap of one data-dir; nothing is touched yet.</summary>
    /// <exception cref="ArgumentException">The id is not one.</exception>
    public DataDirSwap(SwapTarget target)
        : this(target, _ => { })
    {
    }

    /// <summary>Lets a test stop the swap before any of its steps.</summary>
    internal DataDirSwap(SwapTarget target, Action<string> beforeStep)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Id.Length is 0 or > IdLengthMax || !target.Id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            throw new ArgumentException($"'{target.Id}' is not an id of 1 to {IdLengthMax} letters, digits and hyphens.", nameof(target));
        }

        if (target.OldName is "" or "." or ".." or Member || target.OldName.Contains('/'))
        {
            throw new ArgumentException($"'{target.OldName}' is not a name to keep the old member under.", nameof(target));
        }

        _target = target;
        _beforeStep = beforeStep;
    }

    /// <summary>Ids of swaps in a data-dir that were interrupted and must be resumed or rolled back.</summary>
    public static IReadOnlyList<string> FindUnfinished(string dataDirectory) =>
        [.. SwapJournal.ListIds(dataDirectory).Where(id => SwapJournal.TryRead(dataDirectory, id) is { IsUnfinished: true })];

    /// <summary>The phase of this swap, null when it never began.</summary>
    public SwapPhase? ReadPhase() => SwapJournal.TryRead(_target.DataDirectory, _target.Id)?.Phase;

    /// <summary>Performs the whole swap.</summary>
    /// <exception cref="DataDirException">It was refused; nothing was changed.</exception>
    /// <exception cref="IOException">A rename or sync failed; roll back or resume.</exception>
    public void Execute()
    {
        // (1)
        if (FindUnfinished(_target.DataDirectory) is [var other, ..])
        {
            throw new DataDirException(DataDirFault.OtherSwapUnfinished, $"swap {other} was interrupted; resume it or roll it back");
        }

        using var held = AcquireOrRefuse();

        // (2)
        var journal = new SwapJournal(_target.Id, SwapPhase.SwappingIn, PlanMoves());
        Step("journal");
        journal.Write(_target.DataDirectory);
        Forward(journal);
    }

    /// <summary>Goes on after a crash, in the direction the journal names. Without anything to do it does nothing.</summary>
    /// <exception cref="DataDirException">There is no journal, or an etcd runs on the data-dir.</exception>
    public void Resume()
    {
        var journal = ReadJournal();
        if (journal.IsUnfinished)
        {
            using var held = AcquireOrRefuse();
            if (journal.Phase == SwapPhase.SwappingIn)
            {
                Forward(journal);
            }
            else
            {
                Back(journal);
            }
        }
    }

    /// <summary>Puts the old member back, whether the swap was complete or not.</summary>
    /// <exception cref="DataDirException">There is no journal, or an etcd runs on the data-dir.</exception>
    public void Rollback()
    {
        var journal = ReadJournal();
        if (journal.Phase == SwapPhase.RolledBack)
        {
            return;
        }

        using var held = AcquireOrRefuse();
        if (journal.Phase == SwapPhase.SwappedIn)
        {
            journal = journal with { Moves = [.. journal.Moves, .. FindLaterWalFiles(journal)] };
        }

        journal = journal with { Phase = SwapPhase.RollingBack };
        Step("journal rollback");
        journal.Write(_target.DataDirectory);
        Back(journal);
    }

    private void Forward(SwapJournal journal)
    {
        // (3) and (4)
        foreach (var move in journal.Moves)
        {
            var (from, to) = Paths(move);
            if (move.Retires ? !Exists(to) : Exists(from))
            {
                Move(from, to);
            }
        }

        // (5)
        Step("close journal");
        (journal with { Phase = SwapPhase.SwappedIn }).Write(_target.DataDirectory);
    }

    private void Back(SwapJournal journal)
    {
        foreach (var move in journal.Moves.Reverse())
        {
            var (from, to) = Paths(move);
            if (move.Retires ? Exists(to) : !Exists(from))
            {
                Move(to, from);
            }
        }

        Step("close rollback");
        (journal with { Phase = SwapPhase.RolledBack }).Write(_target.DataDirectory);
    }

    private void Move(string from, string to)
    {
        if (Exists(to))
        {
            throw new DataDirException(DataDirFault.Obstructed, $"{to} is in the way of {from}: was an etcd started meanwhile?");
        }

        Step($"{from} -> {to}");
        PosixFile.Rename(from, to);
        PosixFile.SyncDirectory(Path.GetDirectoryName(to)!);
        PosixFile.SyncDirectory(Path.GetDirectoryName(from)!);
    }

    private List<SwapMove> PlanMoves()
    {
        var staged = Path.Combine(_target.StageName, Member);
        Require(Directory.Exists(Path.Combine(_target.DataDirectory, staged)), DataDirFault.StageMissing, $"{_target.StageDirectory}/{Member} does not exist");
        Require(!Exists(_target.OldMemberDirectory), DataDirFault.Obstructed, $"{_target.OldMemberDirectory} exists already");
        var moves = new List<SwapMove>();
        if (Exists(_target.MemberDirectory))
        {
            moves.Add(new SwapMove(false, true, Member, _target.OldName));
        }

        if (_target.WalDirectory is { } walDirectory)
        {
            PlanWalMoves(walDirectory, moves);
        }

        moves.Add(new SwapMove(false, false, staged, Member));
        return moves;
    }

    // The separate WAL directory may be a mount point as well, so its files are moved one by one.
    private void PlanWalMoves(string walDirectory, List<SwapMove> moves)
    {
        var stage = Path.Combine(walDirectory, _target.StageName);
        Require(Directory.Exists(stage), DataDirFault.StageMissing, $"{stage} does not exist");
        var old = Path.Combine(walDirectory, _target.OldName);
        Require(
            !Directory.Exists(old) || !Directory.EnumerateFileSystemEntries(old).Any(), DataDirFault.Obstructed, $"{old} exists already");
        PosixFile.CreateDirectory(old);
        foreach (var name in Directory.EnumerateFiles(walDirectory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
        {
            moves.Add(new SwapMove(true, true, name, Path.Combine(_target.OldName, name)));
        }

        foreach (var name in Directory.EnumerateFiles(stage).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
        {
            moves.Add(new SwapMove(true, false, Path.Combine(_target.StageName, name), name));
        }
    }

    // An etcd that ran after the swap began new WAL files; they leave with those that were moved in, or the old log would be mixed.
    private IEnumerable<SwapMove> FindLaterWalFiles(SwapJournal journal)
    {
        if (_target.WalDirectory is not { } walDirectory)
        {
            return [];
        }

        var known = journal.Moves.Where(move => move is { InWalDirectory: true, Retires: false }).Select(move => move.To).ToHashSet();
        return [.. Directory.EnumerateFiles(walDirectory)
            .Select(path => Path.GetFileName(path))
            .Where(name => !known.Contains(name))
            .Select(name => new SwapMove(true, false, Path.Combine(_target.StageName, name), name))];
    }

    private DataDirLock AcquireOrRefuse()
    {
        var held = DataDirLock.TryAcquire(_target.MemberDirectory, _target.WalDirectory);
        return held.Use is DataDirUse.Free or DataDirUse.NoMember
            ? held
            : throw new DataDirException(DataDirFault.InUse, $"{_target.DataDirectory} is used by a running etcd ({held.Use})");
    }

    private SwapJournal ReadJournal() => SwapJournal.TryRead(_target.DataDirectory, _target.Id)
        ?? throw new DataDirException(DataDirFault.JournalUnusable, $"{_target.DataDirectory} has no journal of swap {_target.Id}");

    private (string From, string To) Paths(SwapMove move)
    {
        var directory = move.InWalDirectory
            ? _target.WalDirectory ?? throw new DataDirException(DataDirFault.JournalUnusable, "the journal names a WAL directory, the target has none")
            : _target.DataDirectory;
        return (Path.Combine(directory, move.From), Path.Combine(directory, move.To));
    }

    private void Step(string name) => _beforeStep(name);

    private static bool Exists(string path) => Path.Exists(path);

    private static void Require(bool condition, DataDirFault fault, string message)
    {
        if (!condition)
        {
            throw new DataDirException(fault, message);
        }
    }
}
