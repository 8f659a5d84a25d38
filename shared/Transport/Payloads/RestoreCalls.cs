using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Payloads;

/// <summary>Fetches a restore with its messages in pooled memory; see <see cref="RestoreMessageReader"/>.</summary>
public static class RestoreCalls
{
    private static readonly Method<FetchRequest, RestoreMessage> _fetch = new(
        MethodType.ServerStreaming,
        Download.Descriptor.FullName,
        nameof(Download.DownloadClient.Fetch),
        Marshallers.Create(message => message.ToByteArray(), FetchRequest.Parser.ParseFrom),
        Marshallers.Create((message, context) => context.Complete(message.ToByteArray()), RestoreMessageReader.Read));

    /// <summary>The call; every message it gives is to be released.</summary>
    public static AsyncServerStreamingCall<RestoreMessage> Fetch(ChannelBase channel, FetchRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return channel.CreateCallInvoker().AsyncServerStreamingCall(_fetch, null, new CallOptions(cancellationToken: cancellationToken), request);
    }
}
