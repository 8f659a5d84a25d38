using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Downloads;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Inside;

/// <summary>Restore points through the coordinator, which lets operators read them.</summary>
internal sealed class CoordinatorPoints : IPointReader
{
    private readonly CommandSession _session;

    public CoordinatorPoints(CommandSession session) => _session = session;

    public Task<RestorePoint> FindAsync(string point, CancellationToken cancellationToken) => PointReference.GetUsableAsync(_session, point, cancellationToken);

    public async Task<bool> CopyAsync(RestorePoint point, Snapshot snapshot, string path, FileTarget target, CancellationToken cancellationToken)
    {
        DownloadFilesRequest request = new() { PointId = point.Id, Source = snapshot.Source, Paths = { ByteString.CopyFromUtf8(path) } };
        AsyncServerStreamingCall<RestoreMessage> call = _session.Client.DownloadFiles(request, _session.LongCall(cancellationToken));
        Copy copy = new(path, Words.Of(snapshot.Source), target);
        await foreach (RestoreMessage message in CommandSession.StreamAsync(call, cancellationToken))
        {
            foreach (RestoreItem item in message.Items)
            {
                await copy.TakeAsync(item, cancellationToken);
            }
        }

        return copy.IsDone
            ? copy.Found
            : throw new BackupException(FailureCause.NodeUnavailable, "The download ended before it was complete.");
    }

    public void Dispose()
    {
        // The connection is the session's.
    }

    private sealed class Copy
    {
        private readonly ByteString _wanted;
        private readonly string _path;
        private readonly string _source;
        private readonly FileTarget _target;
        private bool _within;
        private long _size;

        public Copy(string path, string source, FileTarget target)
        {
            _wanted = ByteString.CopyFromUtf8(path);
            _path = path;
            _source = source;
            _target = target;
        }

        public bool Found { get; private set; }

        public bool IsDone { get; private set; }

        public async ValueTask TakeAsync(RestoreItem item, CancellationToken cancellationToken)
        {
            switch (item.ItemCase)
            {
                case RestoreItem.ItemOneofCase.Entry:
                    _within = item.Entry.Kind == EntryKind.File && item.Entry.Path.Equals(_wanted);
                    if (_within)
                    {
                        _size = item.Entry.Size;
                        _target.Begin(_path, _size);
                        Found = true;
                    }

                    break;
                case RestoreItem.ItemOneofCase.Data when _within:
                    await WriteAsync(item.Data, cancellationToken);
                    break;
                case RestoreItem.ItemOneofCase.Loss:
                    throw new BackupException(FailureCause.StoreCorrupt, $"{_path} of {_source} cannot be read: {item.Loss.Reason}");
                case RestoreItem.ItemOneofCase.Done:
                    IsDone = true;
                    break;
                default:
                    break;
            }
        }

        private async ValueTask WriteAsync(Data data, CancellationToken cancellationToken)
        {
            if (data.FileOffset < 0 || data.Take <= 0 || data.Skip < 0 || data.FileOffset > _size - data.Take)
            {
                throw new BackupException(FailureCause.ProtocolViolation, "The coordinator's stream is out of order: bytes lie outside their file.");
            }

            await _target.WriteAsync(data.FileOffset, ChunkPayload.Open(data).Slice(data.Skip, data.Take), cancellationToken);
        }
    }
}
