namespace K8sBackup.ObjectStore.Tests.S3;

[CollectionDefinition(CephFixture.Collection)]
public sealed class CephCollection : ICollectionFixture<CephFixture>;
