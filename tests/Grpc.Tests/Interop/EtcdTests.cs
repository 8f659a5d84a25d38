using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using K8sBackup.Grpc.Tests.Interop.EtcdMini;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Certificates;
using Xunit.Abstractions;

namespace K8sBackup.Grpc.Tests.Interop;

/// <summary>This runtime's client against a real etcd over TLS with client certificates.</summary>
public sealed class EtcdTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly TestCertificateAuthority _authority = TestCertificateAuthority.Create();
    private readonly List<X509Certificate2> _certificates = [];
    private EtcdServer _etcd = null!;

    public async Task InitializeAsync()
    {
        _etcd = await EtcdServer.StartAsync(new EtcdServerOptions { Authority = _authority });
        output.WriteLine(await EtcdServer.VersionAsync());
    }

    public async Task DisposeAsync()
    {
        await _etcd.DisposeAsync();
        _certificates.ForEach(certificate => certificate.Dispose());
        _authority.Dispose();
    }

    [Fact]
    public async Task Status_ClientCertificate_GivesTheProgramsVersion()
    {
        using var channel = Connect(withCertificate: true);

        var status = await new Maintenance.MaintenanceClient(channel).StatusAsync(new StatusRequest());

        Assert.Equal(await EtcdServer.VersionAsync(), "etcd " + status.Version);
        Assert.True(status.DbSize > 0);
    }

    [Fact]
    public async Task Range_AfterPuts_GivesWhatEtcdctlGives()
    {
        using var channel = Connect(withCertificate: true);
        var client = new KV.KVClient(channel);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
            await client.PutAsync(new PutRequest { Key = Text($"k{i:D3}"), Value = Text($"v{i}") })));

        var range = await client.RangeAsync(new RangeRequest { Key = Text("k"), RangeEnd = Text("l") });

        Assert.Equal(100, range.Count);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"k{i:D3}"), range.Kvs.Select(pair => pair.Key.ToStringUtf8()));
        Assert.Equal("k042\nv42\n", await _etcd.EtcdctlAsync("get", "k042"));
    }

    [Fact]
    public async Task Snapshot_SomeMegabytes_IsWholeAndEndsInItsDigest()
    {
        using var channel = Connect(withCertificate: true);
        var client = new KV.KVClient(channel);
        for (var i = 0; i < 64; i++)
        {
            await client.PutAsync(new PutRequest { Key = Text($"k{i}"), Value = ByteString.CopyFrom(new byte[256 * 1024]) });
        }

        using var snapshot = new MemoryStream();
        using var call = new Maintenance.MaintenanceClient(channel).Snapshot(new SnapshotRequest());
        await foreach (var part in call.ResponseStream.ReadAllAsync())
        {
            part.Blob.WriteTo(snapshot);
        }

        var bytes = snapshot.GetBuffer().AsSpan(0, (int)snapshot.Length);
        Assert.True(bytes.Length > 16 * 1024 * 1024, $"{bytes.Length}");
        Assert.Equal(SHA256.HashSizeInBytes, bytes.Length % 512);
        Assert.Equal(SHA256.HashData(bytes[..^32]), bytes[^32..].ToArray());
        Assert.Equal(0xED0CDAEDu, BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]));
    }

    [Fact]
    public async Task Status_NoClientCertificate_IsUnavailableAndSaysWhy()
    {
        using var channel = Connect(withCertificate: false);

        var error = await Assert.ThrowsAsync<RpcException>(
            () => new Maintenance.MaintenanceClient(channel).StatusAsync(new StatusRequest()).ResponseAsync);

        output.WriteLine(error.Status.Detail);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("certificate", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Range_ServerKilled_IsUnavailableAndWorksAfterRestart()
    {
        using var channel = Connect(withCertificate: true);
        var client = new KV.KVClient(channel);
        await client.PutAsync(new PutRequest { Key = Text("k"), Value = Text("v") });
        await _etcd.KillAsync();

        var error = await Assert.ThrowsAsync<RpcException>(
            () => client.RangeAsync(new RangeRequest { Key = Text("k") }).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);

        await _etcd.StartAgainAsync();
        Assert.Equal(1, (await client.RangeAsync(new RangeRequest { Key = Text("k") })).Count);
    }

    private static ByteString Text(string text) => ByteString.CopyFromUtf8(text);

    private GrpcChannel Connect(bool withCertificate)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = _authority.ChainPolicy();
        if (withCertificate)
        {
            var certificate = X509Certificate2.CreateFromPemFile(_etcd.ClientFiles!.CertificatePath, _etcd.ClientFiles.KeyPath);
            _certificates.Add(certificate);
            handler.SslOptions.ClientCertificates = [certificate];
        }

        return GrpcChannel.ForAddress(
            _etcd.Endpoint,
            new GrpcChannelOptions
            {
                HttpHandler = handler,
                DisposeHttpClient = true,
                MaxReceiveMessageSize = null,
            });
    }
}
