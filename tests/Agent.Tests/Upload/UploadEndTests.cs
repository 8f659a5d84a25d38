using Grpc.Core;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.Agent.Upload;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.Upload;

/// <summary>
/// Calls that end before a write is seen to be done: the write then fails in one of several ways,
/// which say nothing, and what was read says everything.
/// </summary>
public sealed class UploadEndTests : IDisposable
{
    private const string SnapshotId = "s-1";

    private readonly BufferPool _buffers = new();
    private readonly KnownChunkSet _known = new();

    public void Dispose()
    {
        _buffers.Dispose();
        _known.Dispose();
    }

    [Theory]
    [InlineData("complete")]
    [InlineData("unavailable")]
    [InlineData("broken")]
    public async Task Finish_CallEndsBeforeTheLastWriteIsSeen_IsACommit(string fault)
    {
        ScriptedUpload coordinator = new()
        {
            OnWrite = (call, request) =>
            {
                if (request.Finish is null)
                {
                    call.Accept();
                    return;
                }

                call.Answer(new UploadResponse { Committed = new Committed { SnapshotId = SnapshotId } });
                call.End();
                throw WriteFault(fault);
            },
        };

        await using UploadStream upload = await OpenAsync(coordinator);
        Committed committed = await upload.FinishAsync(new Finish());

        Assert.Equal(SnapshotId, committed.SnapshotId);
    }

    [Theory]
    [InlineData("complete")]
    [InlineData("unavailable")]
    [InlineData("broken")]
    public async Task Finish_RefusedBeforeTheWriteIsSeen_GivesTheStatus(string fault)
    {
        ScriptedUpload coordinator = new()
        {
            OnWrite = (call, request) =>
            {
                if (request.Finish is null)
                {
                    call.Accept();
                    return;
                }

                call.End(StatusCode.InvalidArgument, "The root was not sent.");
                throw WriteFault(fault);
            },
        };

        await using UploadStream upload = await OpenAsync(coordinator);
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => upload.FinishAsync(new Finish()));

        Assert.Equal((StatusCode.InvalidArgument, "The root was not sent."), (refused.StatusCode, refused.Status.Detail));
    }

    [Theory]
    [InlineData("complete")]
    [InlineData("unavailable")]
    [InlineData("broken")]
    public async Task Open_RefusedBeforeTheWriteIsSeen_GivesTheStatus(string fault)
    {
        ScriptedUpload coordinator = new()
        {
            OnWrite = (call, _) =>
            {
                call.End(StatusCode.PermissionDenied, "The work belongs to another node.");
                throw WriteFault(fault);
            },
        };

        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => OpenAsync(coordinator));

        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
    }

    [Fact]
    public async Task Send_CallEndsInTheMiddle_GivesTheStatus()
    {
        ScriptedUpload coordinator = new()
        {
            OnWrite = (call, request) =>
            {
                if (request.Header is not null)
                {
                    call.Accept();
                    return;
                }

                call.End(StatusCode.ResourceExhausted, "The store is full.");
                throw WriteFault("broken");
            },
        };

        await using UploadStream upload = await OpenAsync(coordinator);
        await upload.SendAsync(new OutgoingFrame(FrameContent.Data, Compression.None, [], [], _buffers.Rent(), 0));
        RpcException full = await Assert.ThrowsAsync<RpcException>(() => upload.FinishAsync(new Finish()));

        Assert.Equal(StatusCode.ResourceExhausted, full.StatusCode);
    }

    private static Exception WriteFault(string fault) => fault switch
    {
        "complete" => new InvalidOperationException("Can't write the message because the call is complete."),
        "unavailable" => new RpcException(new Status(StatusCode.Unavailable, "The server no longer takes requests.")),
        _ => new IOException("The request was aborted."),
    };

    private Task<UploadStream> OpenAsync(ScriptedUpload coordinator) =>
        UploadStream.OpenAsync(coordinator.Client, "b-1", _known, _buffers, new WorkMeter(), TimeProvider.System, CancellationToken.None);
}
