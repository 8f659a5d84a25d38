using K8sBackup.Model.Ids;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Writing;

/// <summary>
/// Puts the beginnings of uploads and the condemning of packs into one order, which needs no clock: an upload may go on referring to what
/// was condemned after it began, and never refers to what was condemned before. Thread-safe. Lock order: this, then the index.
/// </summary>
internal sealed class WriterSessions
{
    /// <summary>The place in the order of everything that was condemned before the writer opened.</summary>
    public const long BeforeAll = 1;

    // The longest a caller may ask to wait after an end.
    private static readonly TimeSpan EndedKept = TimeSpan.FromHours(6);

    private readonly Lock _gate = new();
    private readonly ChunkIndex _index;
    private readonly MasterKeys _keys;
    private readonly HashSet<WriterSession> _sessions = [];
    private readonly HashSet<SnapshotId> _leaving = [];
    private readonly Queue<(long BeganAt, long EndedAt)> _ended = new();
    private readonly TimeProvider _clock;
    private long _events = BeforeAll;

    public WriterSessions(ChunkIndex index, MasterKeys keys, TimeProvider clock)
    {
        _clock = clock;
        _index = index;
        _keys = keys;
    }

    public WriterSession Begin()
    {
        lock (_gate)
        {
            WriterSession session = new(this, _index, _keys, ++_events, _index.PacksAdded);
            _sessions.Add(session);
            return session;
        }
    }

    public void End(WriterSession session)
    {
        lock (_gate)
        {
            if (_sessions.Remove(session))
            {
                _ended.Enqueue((session.BeganAt, _clock.GetTimestamp()));
                while (_clock.GetElapsedTime(_ended.Peek().EndedAt) > EndedKept)
                {
                    _ended.Dequeue();
                }
            }
        }
    }

    /// <summary>Hides packs from every upload that begins from now on; gives the place in the order of events.</summary>
    public long Condemn(IEnumerable<ObjectId> packs)
    {
        lock (_gate)
        {
            _index.Condemn(packs, ++_events);
            return _events;
        }
    }

    /// <summary>
    /// True while an upload goes on that began before that event, and for some time after it ended: a store may list its manifest late.
    /// </summary>
    public bool AnyBefore(long at, TimeSpan settle)
    {
        lock (_gate)
        {
            return _sessions.Any(s => s.BeganAt < at) || _ended.Any(e => e.BeganAt < at && _clock.GetElapsedTime(e.EndedAt) < settle);
        }
    }

    /// <summary>Number of the first pack that an upload going on may have written; packs from it on belong to work that is not committed.</summary>
    public uint FirstPackInUse()
    {
        lock (_gate)
        {
            return _sessions.Count == 0 ? uint.MaxValue : _sessions.Min(s => s.FirstPack);
        }
    }

    /// <summary>Says that an upload needs a snapshot to stay; false when it is on its way out.</summary>
    public bool TryHold(WriterSession session, SnapshotId snapshot)
    {
        lock (_gate)
        {
            if (_leaving.Contains(snapshot))
            {
                return false;
            }

            session.Held.Add(snapshot);
            return true;
        }
    }

    /// <summary>Says that a snapshot is about to be deleted; false when an upload needs it.</summary>
    public bool TryBeginDelete(SnapshotId snapshot)
    {
        lock (_gate)
        {
            if (_sessions.Any(s => s.Held.Contains(snapshot)))
            {
                return false;
            }

            _leaving.Add(snapshot);
            return true;
        }
    }

    /// <summary>Forgets which snapshots were deleted; by then everybody who knew of them was told.</summary>
    public void ForgetDeleted()
    {
        lock (_gate)
        {
            _leaving.Clear();
        }
    }
}
